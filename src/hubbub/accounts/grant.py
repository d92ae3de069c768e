"""What a signed-in user was known by, kept so that it can be looked up again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model

from hubbub.accounts.credentials import Kind
from hubbub.accounts.passwords import password_mark
from hubbub.wire.moment import kept_moment

if TYPE_CHECKING:
    from datetime import datetime

#: In place of a mark, of a user that is no row of the table.
STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Grant:
    """A token, by its digest, a session, by its key, or a user whom others had found.

    What stands behind the key is one grant. `user_id` is the key of its user, `expires` its end as
    it was when it was shown.
    """

    kind: Kind
    key: str = field(repr=False)
    user_id: int | str | None = field(default=None, compare=False)
    expires: datetime | None = field(default=None, compare=False)


#: Whom others had found: by a middleware, in a token of theirs, by a way of the project's own.
OTHERS = (Kind.USER, Kind.JWT, Kind.OWN)


def user_grant(user: Any, expires: datetime | None = None, kind: Kind = Kind.USER) -> Grant | None:
    """What a user has whom others had found: it ends with the user, its password, or by itself.

    None for a user that is in no table of ours, and has no end.
    """
    ours = isinstance(user, get_user_model())
    if not ours and expires is None:
        return None
    expires = None if expires is None else kept_moment(expires)
    key = user.pk if isinstance(user.pk, int) else str(user.pk)
    mark = password_mark(user) if ours else STRANGER
    return Grant(kind, f"{mark}:{key}:{expires}", key, expires)


def grant_mark(grant: Grant) -> str:
    """The mark of the password that a user had whom others had found; STRANGER for no such user."""
    return grant.key.partition(":")[0]
