"""Muting, banning and sending away, as those do it who moderate a room, at either door."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth import get_user_model
from django.utils import timezone

from hubbub.accounts.caller import caller_from_user
from hubbub.accounts.users import find_users
from hubbub.chat.gate import gate
from hubbub.chat.messages import action_of
from hubbub.chat.sanctions import sanction_create, user_pardon
from hubbub.crossing import in_database
from hubbub.errors import ForbiddenError

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller
    from hubbub.chat.messages import Moderating
    from hubbub.chat.models import Sanction

#: What ends the others.
PARDONS = {"unmute": "mute", "unban": "ban"}


class Wish(NamedTuple):
    """What is to become of a user: for `seconds`, None for good; in all rooms if `everywhere`."""

    action: str
    user_id: int | str
    seconds: int | None = None
    reason: str = ""
    everywhere: bool = False


async def moderate(caller: Caller, room: str, request: Moderating) -> str | None:
    """Do what a client asks that moderates the room; the answer is the end, None for none.

    Raises as `sanction_by`.
    """
    action = action_of(request)
    if action in PARDONS:
        await pardon_by(caller, room, PARDONS[action], request.user_id)
        return None
    wish = Wish(action, request.user_id, request.seconds, request.reason)
    until = (await sanction_by(caller, room, wish)).until
    return None if until is None else until.isoformat(timespec="microseconds")


async def sanction_by(caller: Caller, room: str, wish: Wish) -> Sanction:
    """Do it for a caller who moderates the room.

    Raises ForbiddenError for what is not the caller's to do, UnknownUserError and
    InvalidFormatError for what cannot be.
    """
    await check_target(caller, room, wish)
    until = None
    if wish.seconds is not None and wish.action != "kick":
        until = timezone.now() + timedelta(seconds=wish.seconds)
    where = "" if wish.everywhere else room
    return await in_database(
        partial(sanction_create, author_id=caller.user_id),
        action=wish.action,
        user_id=wish.user_id,
        room=where,
        until=until,
        reason=wish.reason,
    )


async def pardon_by(caller: Caller, room: str, action: str, user_id: int | str) -> int:
    """End a user's mutes or bans in a room for a caller who moderates it; how many there were."""
    return await in_database(
        user_pardon, user_id=user_id, action=action, room=room, author_id=caller.user_id
    )


async def check_target(caller: Caller, room: str, wish: Wish) -> None:
    """Let staff do it to everybody, and others to those who do not moderate the room themselves.

    Raises ForbiddenError, and UnknownUserError.
    """
    if caller.is_staff:
        return
    target = await in_database(caller_of, wish.user_id)
    if wish.everywhere or target.is_staff or (await gate.ask(target, room)).moderate:
        raise ForbiddenError("moderator")


def caller_of(user_id: Any) -> Caller:
    """A user as a policy is asked about it. Blocking. Raises UnknownUserError."""
    (key,) = find_users("user_id", [user_id])
    return caller_from_user(get_user_model()._default_manager.get(pk=key))
