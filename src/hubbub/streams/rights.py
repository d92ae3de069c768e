"""What a caller may in one stream, once it was found out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubbub.errors import ForbiddenError, SanctionedError

if TYPE_CHECKING:
    from datetime import datetime

    from hubbub.accounts.caller import Caller


class Rights(NamedTuple):
    """What a caller may in one stream.

    Where it may not for a time, or for good, because it was muted or banned: `sanction` says which,
    and `until` when that ends, in ISO 8601, None for never.
    """

    enter: bool = True
    read: bool = True
    send: bool = True
    moderate: bool = False
    begin: bool = True
    sanction: str = ""
    until: str | None = None

    def require(self, right: str) -> None:
        """Raise ForbiddenError without a right; of one who is muted or banned with the end."""
        if not getattr(self, right):
            raise self.refusal(right)

    def refusal(self, right: str) -> ForbiddenError:
        """What one is told who lacks a right."""
        if right not in {"enter", "send"}:
            return ForbiddenError(right)
        if self.sanction in {"muted", "banned"}:
            return SanctionedError(self.sanction, self.until)
        return ForbiddenError(self.sanction or right)


OPEN, OF_STAFF = Rights(), Rights(moderate=True)
NOTHING = Rights(enter=False, read=False, send=False, begin=False)


class Change(NamedTuple):
    """Something was taken from a user, or given back: in the stream of a name, None for all.

    With `rights` it was sent away at a moment, as one who has these, and may have come back since.
    """

    name: str | None
    user_id: int | str
    rights: Rights | None
    moment: datetime


def by_default(caller: Caller) -> Rights:
    """What a caller may where no policy says anything."""
    return OF_STAFF if caller.is_staff else OPEN
