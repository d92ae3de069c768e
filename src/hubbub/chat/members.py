"""Rooms and their members: who comes in where the policy `Members` is in force.

What is changed here, in the admin or by the models and their managers holds at once for those who
are connected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Q, Subquery

from hubbub.accounts.shown import shown_id, shown_name
from hubbub.accounts.users import find_users, user_deleted, user_key
from hubbub.chat.models import Membership, Room
from hubbub.chat.noticed import notice
from hubbub.chat.table import KIND
from hubbub.crossing import off_loop
from hubbub.errors import InvalidFormatError, NotFoundError
from hubbub.streams.reviews import review
from hubbub.wire.keys import read_key, write_key
from hubbub.wire.names import is_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hubbub.accounts.caller import Caller

#: Rooms in one question: SQLite takes 999 values in its smallest build.
CHUNK = 500
#: Roles that may moderate.
MODERATING = (Membership.Role.MODERATOR, Membership.Role.OWNER)


class Standing(NamedTuple):
    """How a room may be entered, None where there is none, and a caller's role there."""

    access: str | None = None
    role: str | None = None


class Member(NamedTuple):
    """Somebody in a room, as others see it."""

    user_id: int | str | None
    username: str
    role: str


def room_save(*, name: str, access: str | None = None) -> Room:
    """Make a room, public where nothing else is said, or change how it may be entered.

    Raises InvalidFormatError for what no room can have.
    """
    if not is_name(name):
        raise InvalidFormatError(field="name")
    if access is not None and access not in Room.Access.values:
        raise InvalidFormatError(field="access")
    room, made = Room.objects.get_or_create(
        name=name, defaults={"access": access or Room.Access.PUBLIC}
    )
    if not made and access is not None and access != room.access:
        room.access = access
        room.save(update_fields=["access"])
    return room


def room_delete(*, name: str) -> None:
    """Have nobody come into a room any more; what was said stays. Raises NotFoundError."""
    room_find(name).delete()


def member_save(*, room: str, user_id: Any, role: str = Membership.Role.MEMBER) -> Membership:
    """Make a user a member of a room, or give one another role.

    Raises NotFoundError where there is no such room, UnknownUserError, and InvalidFormatError for
    what is no role.
    """
    if role not in Membership.Role.values:
        raise InvalidFormatError(field="role")
    where, (key,) = room_find(room), find_users("user_id", [user_id])
    member, made = Membership.objects.get_or_create(
        room=where, user=write_key(key), defaults={"role": role}
    )
    if not made and role != member.role:
        member.role = role
        member.save(update_fields=["role"])
    return member


def member_remove(*, room: str, user_id: Any) -> None:
    """End a membership. Raises NotFoundError where there is none."""
    key = write_key(user_key(user_id, "user_id"))
    member = Membership.objects.filter(room__name=room, user=key).first()
    if member is None:
        raise NotFoundError
    member.delete()


aroom_save = off_loop(room_save)
aroom_delete = off_loop(room_delete)
amember_save = off_loop(member_save)
amember_remove = off_loop(member_remove)


def room_find(name: str) -> Room:
    """The room. Raises NotFoundError."""
    room = Room.objects.filter(name=name).first()
    if room is None:
        raise NotFoundError("room")
    return room


def standing_find(name: str, user_id: object) -> Standing:
    """How a user stands in a room."""
    rooms = Room.objects.filter(name=name)
    if user_id is None:
        access = rooms.values_list("access", flat=True).first()
        return Standing(access)
    mine = Membership.objects.filter(room=OuterRef("pk"), user=write_key(user_id))
    found = rooms.annotate(role=Subquery(mine.values("role")[:1])).values_list("access", "role")
    return Standing(*(found.first() or ()))


def may_be_in(access: str | None, role: str | None, *, is_staff: bool) -> bool:
    """Whether a caller with this role may enter a room with this access, None for no room."""
    if access is None or access == Room.Access.PUBLIC or role is not None:
        return access is not None
    return access == Room.Access.MEMBERS and is_staff


def standings_find(name: str, keys: Sequence[str]) -> tuple[str | None, dict[str, str]]:
    """A room's access, and the roles in it of some users, by their keys as text."""
    access = Room.objects.filter(name=name).values_list("access", flat=True).first()
    found = Membership.objects.filter(room__name=name)
    return access, {
        user: role
        for start in range(0, len(keys), CHUNK)
        for user, role in found.filter(user__in=keys[start : start + CHUNK]).values_list(
            "user", "role"
        )
    }


def rooms_enterable(caller: Caller, names: Collection[str]) -> set[str]:
    """Those of some rooms that a caller may enter under `Members`."""
    enterable = Q(access=Room.Access.PUBLIC)
    if caller.user_id is not None:
        enterable |= Q(memberships__user=write_key(caller.user_id))
    if caller.is_staff:
        enterable |= Q(access=Room.Access.MEMBERS)
    rooms, wanted = Room.objects.filter(enterable), list(names)
    return {
        name
        for start in range(0, len(wanted), CHUNK)
        for name in rooms.filter(name__in=wanted[start : start + CHUNK]).values_list(
            "name", flat=True
        )
    }


def members_list(*, room: str, limit: int, after: int = 0) -> list[tuple[int, Member]]:
    """Members of a room by the number of their membership, from the one after `after` on."""
    rows = Membership.objects.filter(room__name=room, pk__gt=after).order_by("pk")[:limit]
    names = shown_names([row.user for row in rows])
    return [
        (row.pk, Member(shown_id(read_key(row.user)), names.get(row.user, "-"), row.role))
        for row in rows
    ]


def shown_names(keys: Sequence[str]) -> dict[str, str]:
    """The names of users, by their keys as text; without those who are gone."""
    known = get_user_model()._default_manager.in_bulk([read_key(key) for key in keys if key])
    return {write_key(user.pk): shown_name(user) for user in known.values()}


def notice_room(room: Room, *, created: bool) -> None:  # noqa: ARG001 - all are noticed alike
    """Ask again about everybody in a room that was changed, or has another name now."""
    review(KIND, room.name)


def notice_member(member: Membership, *, created: bool) -> None:  # noqa: ARG001 - as above
    """Ask again about a user whose membership was changed, or has moved."""
    name = Room.objects.filter(pk=member.room_id).values_list("name", flat=True).first()
    if name is not None:
        review(KIND, name, read_key(member.user))


def notice_many() -> None:
    """Ask again about everybody."""
    review(KIND)


def end_memberships(user: Any, **_: Any) -> None:
    """Delete the memberships of a user that is deleted."""
    for member in Membership.objects.filter(user=write_key(user.pk)):
        member.delete()


notice(Room, notice_room, notice_many)
notice(Membership, notice_member, notice_many)
user_deleted.connect(end_memberships, dispatch_uid="hubbub.chat.memberships")
