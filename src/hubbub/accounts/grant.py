"""What a signed-in user was known by, kept so that it can be looked up again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from hubbub.accounts.credentials import Kind


@dataclass(frozen=True, slots=True)
class Grant:
    """A token, by its digest, or a session, by its key; what stands behind the key is one grant.

    `user_id` is the key of its user, `expires` a token's end as it was when it was shown.
    """

    kind: Kind
    key: str = field(repr=False)
    user_id: int | str | None = field(default=None, compare=False)
    expires: datetime | None = field(default=None, compare=False)
