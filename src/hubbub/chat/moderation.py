"""Muting, banning and sending away, as those do it who moderate a room, at either door."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from hubbub.accounts.caller import caller_from_user
from hubbub.accounts.users import find_users, user_key
from hubbub.chat.gate import gate
from hubbub.chat.messages import action_of
from hubbub.chat.models import Sanction
from hubbub.chat.sanctions import asanction_lift, sanction_draft, sanction_once, saved, user_pardon
from hubbub.crossing import in_database
from hubbub.database import alias
from hubbub.errors import ForbiddenError, NotFoundError, UnknownUserError
from hubbub.wire.keys import read_key, write_key
from hubbub.wire.moment import stamp

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hubbub.accounts.caller import Caller
    from hubbub.chat.messages import Moderating

    Still = Callable[[], Awaitable[None]]

#: What ends the others.
PARDONS = {"unmute": "mute", "unban": "ban"}


#: What is the policy's to say, also of those from whom something was taken.
policy_alone = gate._replace(restrict=None)


class Wish(NamedTuple):
    """What is to become of a user: for `seconds`, None for good; in all rooms if `everywhere`.

    Under an `id` it is done once.
    """

    action: str
    user_id: int | str
    seconds: int | None = None
    reason: str = ""
    everywhere: bool = False
    id: str | None = None


async def moderate(caller: Caller, room: str, request: Moderating, still: Still) -> str | None:
    """Do what a client asks that moderates the room; the answer is the end, None for none.

    `still` is awaited right before, and raises where that was taken by then. Raises as
    `sanction_by`.
    """
    action = action_of(request)
    wish = Wish(action, request.user_id, request.seconds, request.reason, id=request.id)
    if action in PARDONS:
        await pardon_by(caller, room, wish, still)
        return None
    until = (await sanction_by(caller, room, wish, still)).until
    return None if until is None else stamp(until)


async def sanction_by(caller: Caller, room: str, wish: Wish, still: Still) -> Sanction:
    """Do it for a caller who moderates the room.

    Raises ForbiddenError for what is not the caller's to do, UnknownUserError and
    InvalidFormatError for what cannot be, and IdConflictError.
    """
    if wish.everywhere and not caller.is_staff:
        raise ForbiddenError("everywhere")
    await check_target(caller, room, wish.user_id)
    await still()
    return await in_database(sanction_wished, caller, "" if wish.everywhere else room, wish)


def sanction_wished(caller: Caller, room: str, wish: Wish) -> Sanction:
    """Store it. Blocking."""
    until, now = None, timezone.now()
    if wish.seconds is not None and wish.action != "kick":
        until = now + timedelta(seconds=wish.seconds)
    sanction = sanction_draft(
        wish.action, wish.user_id, room, until, wish.reason, author_id=caller.user_id
    )
    sanction.created = now
    if wish.id:
        return sanction_once(sanction, wish.id)[0]
    return saved(sanction)


async def pardon_by(caller: Caller, room: str, wish: Wish, still: Still) -> None:
    """End a user's mutes or bans in a room for a caller who moderates it.

    Raises as `check_target`, and IdConflictError.
    """
    await check_target(caller, room, wish.user_id)
    await still()
    await in_database(pardon_wished, caller, room, wish)


def pardon_wished(caller: Caller, room: str, wish: Wish) -> None:
    """Do it. Blocking. Under an id it is kept as a row, so that it ends nothing that came later."""
    author, key = caller.user_id, user_key(wish.user_id, "user_id")
    row = Sanction(action=wish.action, user=write_key(key), name=room, author=write_key(author))
    with transaction.atomic(using=alias()):
        if wish.id and not sanction_once(row, wish.id)[1]:
            return
        user_pardon(user_id=key, action=PARDONS[wish.action], room=room, author_id=author)


async def lift_by(caller: Caller, room: str, number: int, still: Still) -> Sanction:
    """End one of a room for a caller who moderates it, and one of all rooms for staff.

    Raises NotFoundError for another room's and for one that is over, and ForbiddenError.
    """
    name, user_id = await in_database(sanction_find, number)
    if name not in {room, ""}:
        raise NotFoundError
    if name != room and not caller.is_staff:
        raise ForbiddenError("everywhere")
    with suppress(UnknownUserError):  # who is gone has nobody's protection
        await check_target(caller, room, user_id)
    await still()
    return await asanction_lift(number=number, author_id=caller.user_id)


async def check_target(caller: Caller, room: str, user_id: int | str) -> None:
    """Let staff moderate everybody, and others those who do not moderate the room themselves.

    So nobody but staff gives back what staff has taken from one who moderates. Raises
    ForbiddenError, and UnknownUserError.
    """
    if caller.is_staff:
        return
    target = await in_database(caller_of, user_id)
    if target.is_staff or (await policy_alone.ask(target, room)).moderate:
        raise ForbiddenError("moderator")


def sanction_find(number: int) -> tuple[str | None, Any]:
    """The room of one, None where there is none, and the key of whom it is about. Blocking."""
    row = Sanction.objects.filter(pk=number).values_list("name", "user").first()
    return (None, None) if row is None else (row[0], read_key(row[1]))


def caller_of(user_id: Any) -> Caller:
    """A user as a policy is asked about it. Blocking. Raises UnknownUserError."""
    (key,) = find_users("user_id", [user_id])
    return caller_from_user(get_user_model()._default_manager.get(pk=key))
