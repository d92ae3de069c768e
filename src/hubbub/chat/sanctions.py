"""Mutes, bans and kicks: who may not send or enter, where, until when, why, and who says so.

What is changed here, in the admin or by the model and its manager holds at once for those who are
connected to this process, and for others within the setting `permission_seconds`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from hubbub.accounts.users import find_users, user_key
from hubbub.aftercommit import after_commits
from hubbub.chat.messages import REASON_LENGTH
from hubbub.chat.models import Sanction
from hubbub.chat.noticed import notice
from hubbub.chat.sanctioned import sanctioned
from hubbub.chat.table import KIND
from hubbub.crossing import off_loop
from hubbub.errors import IdConflictError, InvalidFormatError, NotFoundError
from hubbub.streams.reviews import review, send_away
from hubbub.streams.rights import NOTHING, Change
from hubbub.wire.keys import read_key, write_key
from hubbub.wire.moment import kept_moment, seconds_until, stamp
from hubbub.wire.names import is_name
from hubbub.wire.plain import plain_text

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from django.db.models import QuerySet

    from hubbub.accounts.caller import Caller
    from hubbub.streams.rights import Rights

KICKED = NOTHING._replace(sanction="kicked")
#: What holds for a while.
HOLDING = (Sanction.Action.MUTE, Sanction.Action.BAN)
#: What was taken, without what was given back under an id (`moderation.py`).
TAKEN = Q(action__in=Sanction.Action.values)


def user_mute(
    *,
    user_id: Any,
    room: str = "",
    until: datetime | None = None,
    reason: str = "",
    author_id: object = None,
) -> Sanction:
    """Let a user send nothing in a room, or in all, until a moment or for good.

    Raises UnknownUserError, and InvalidFormatError for what cannot be.
    """
    return saved(sanction_draft(Sanction.Action.MUTE, user_id, room, until, reason, author_id))


def user_ban(
    *,
    user_id: Any,
    room: str = "",
    until: datetime | None = None,
    reason: str = "",
    author_id: object = None,
) -> Sanction:
    """Send a user away from a room, or from all, and let it not come back, as `user_mute`."""
    return saved(sanction_draft(Sanction.Action.BAN, user_id, room, until, reason, author_id))


def user_kick(
    *, user_id: Any, room: str = "", reason: str = "", author_id: object = None
) -> Sanction:
    """Send a user away from a room, or from all; it may come back. Raises as `user_mute`."""
    return saved(sanction_draft(Sanction.Action.KICK, user_id, room, None, reason, author_id))


def sanction_lift(*, number: int, author_id: object = None) -> Sanction:
    """End a mute or a ban. Raises NotFoundError for one that is not in force."""
    sanction = in_force().filter(pk=number).first()
    if sanction is None:
        raise NotFoundError
    return lift(sanction, author_id)


def lift(sanction: Sanction, author_id: object) -> Sanction:
    """End one that is in force."""
    sanction.lifted, sanction.lifted_by = timezone.now(), write_key(author_id)
    return saved(sanction)


def saved(sanction: Sanction) -> Sanction:
    """The sanction itself, now that it is stored."""
    sanction.save()
    return sanction


def user_pardon(*, user_id: Any, action: str, room: str = "", author_id: object = None) -> int:
    """End all mutes, or all bans, of a user in a room, or those that are for all rooms.

    The answer is how many there were. Raises InvalidFormatError for what can be no user's key.
    """
    key = write_key(user_key(user_id, "user_id"))
    found = list(in_force().filter(user=key, action=action, name=room))
    for sanction in found:
        lift(sanction, author_id)
    return len(found)


auser_mute = off_loop(user_mute)
auser_ban = off_loop(user_ban)
auser_kick = off_loop(user_kick)
auser_pardon = off_loop(user_pardon)
asanction_lift = off_loop(sanction_lift)


def sanction_draft(  # noqa: PLR0917 - as the three above are given them
    action: str,
    user_id: Any,
    room: str,
    until: datetime | None,
    reason: str,
    author_id: object,
) -> Sanction:
    """One that is not stored yet. Raises InvalidFormatError and UnknownUserError."""
    if room and not is_name(room):
        raise InvalidFormatError(field="room")
    end = None if until is None else end_at(until)
    reason = plain_text(reason, "reason")
    if len(reason) > REASON_LENGTH or "\0" in reason:
        raise InvalidFormatError(field="reason")
    (key,) = find_users("user_id", [user_id])
    return Sanction(
        action=action,
        user=write_key(key),
        name=room,
        until=end,
        reason=reason,
        author=write_key(author_id),
    )


def end_at(until: datetime) -> datetime:
    """The end as it is stored. Raises InvalidFormatError for one that is over, or not known."""
    if (settings.USE_TZ and timezone.is_naive(until)) or seconds_until(until) <= 0:
        raise InvalidFormatError(field="until")
    return kept_moment(until)


def sanction_once(sanction: Sanction, request_id: str) -> tuple[Sanction, bool]:
    """Store one under its author's id, or find the one that is; and whether it was stored now.

    Raises IdConflictError, and InvalidFormatError for an id that PostgreSQL cannot store.
    """
    if "\0" in request_id:
        raise InvalidFormatError(field="id")
    wanted = {key: getattr(sanction, key) for key in ("action", "user", "reason")}
    stored, is_new = Sanction.objects.get_or_create(
        name=sanction.name,
        author=sanction.author,
        request_id=request_id,
        defaults={**wanted, "created": sanction.created, "until": sanction.until},
    )
    same = all(getattr(stored, key) == value for key, value in wanted.items())
    if not same or lasts(stored) != lasts(sanction):
        raise IdConflictError
    return stored, is_new


def lasts(sanction: Sanction) -> timedelta | None:
    """For how long one was made, None for good."""
    return None if sanction.until is None else sanction.until - sanction.created


def in_force() -> QuerySet[Sanction]:
    """Mutes and bans that hold now."""
    holds = Q(until=None) | Q(until__gt=timezone.now())
    return Sanction.objects.filter(holds, lifted=None, action__in=HOLDING)


def sanctions_list(*, room: str, limit: int, before: int | None = None) -> list[Sanction]:
    """Those of a room and those for all rooms, the newest first: the newest, or those before one.

    Also what is no longer in force.
    """
    rows = Sanction.objects.filter(TAKEN, name__in=(room, ""))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])


def apply_sanctions(caller: Caller, name: str, rights: Rights) -> Rights:
    """What is left of a caller's rights in a room. Blocking."""
    sanctioned.look(users_sanctioned)
    if sanctioned.spares(caller):
        return rights
    found = in_force().filter(user=write_key(caller.user_id), name__in=(name, ""))
    ends: dict[str, list[datetime | None]] = {}
    for action, until in found.values_list("action", "until"):
        ends.setdefault(action, []).append(until)
    if Sanction.Action.BAN in ends:
        return NOTHING._replace(sanction="banned", until=last(ends[Sanction.Action.BAN]))
    if Sanction.Action.MUTE in ends:
        end = last(ends[Sanction.Action.MUTE])
        return rights._replace(send=False, sanction="muted", until=end)
    return rights


def last(ends: list[datetime | None]) -> str | None:
    """The last of some ends in ISO 8601, None for never."""
    known = [end for end in ends if end is not None]
    return None if len(known) < len(ends) else stamp(max(known))


def sanctions_changed(since: datetime) -> list[Change]:
    """Of whom something was changed since then, and where. Blocking."""
    found = Sanction.objects.filter(changed__gte=since)
    rows = list(found.values_list("name", "user", "action", "created"))
    if rows:
        sanctioned.forget()
    return [
        Change(name or None, key, KICKED if action == Sanction.Action.KICK else None, created)
        for name, user, action, created in rows
        if (key := read_key(user)) is not None
    ]


def users_sanctioned(most: int) -> list[str]:
    """The users, by their keys as text, of whom a mute or a ban is in force. Blocking."""
    return list(in_force().values_list("user", flat=True).distinct()[:most])


def rooms_banned(caller: Caller) -> set[str] | None:
    """The rooms from which a caller is banned; None for all of them. Blocking."""
    found = in_force().filter(action=Sanction.Action.BAN, user=write_key(caller.user_id))
    names = set(found.values_list("name", flat=True))
    return None if "" in names else names


def notice_sanction(sanction: Sanction, *, created: bool) -> None:
    """Have it hold for those who are connected."""
    room, user_id = sanction.name or None, read_key(sanction.user)
    after_commits(sanctioned.forget)
    if sanction.action != Sanction.Action.KICK:
        review(KIND, room, user_id)
    elif created:
        send_away(KIND, room, user_id, KICKED)


def notice_many() -> None:
    """Have all hold for everybody."""
    after_commits(sanctioned.forget)
    review(KIND)


notice(Sanction, notice_sanction, notice_many)
