"""`/api/chat/{room}/members/`: who is a member of a room, for those who moderate it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from django.http import HttpRequest  # noqa: TC002 - Ninja reads the annotations of a view
from ninja import Query, Router, Schema
from pydantic import BeforeValidator, Field

from hubbub.accounts.caller_auth import caller_of
from hubbub.accounts.shown import shown_id
from hubbub.accounts.users import find_users, possible_key
from hubbub.chat.kind import rooms
from hubbub.chat.members import (
    amember_remove,
    amember_save,
    aroom_save,
    members_list,
    standing_find,
)
from hubbub.chat.models import Membership
from hubbub.crossing import in_database
from hubbub.errors import ForbiddenError, NotFoundError
from hubbub.streams.calls import Answer, Name, UserAuth, rights_in
from hubbub.streams.request import PAGE
from hubbub.wire.absent import absent
from hubbub.wire.codec import LARGEST
from hubbub.wire.keys import read_key
from hubbub.wire.whole import read_whole

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller
    from hubbub.conf import Settings

Role = Literal["member", "moderator", "owner"]
#: True is nobody's key. What no database has is no user, as on the socket.
UserId = Annotated[Annotated[int, Field(strict=True)] | str, BeforeValidator(read_whole)]


class StaffAuth(UserAuth):
    """UserAuth for staff alone."""

    def check_caller(self, caller: Caller, settings: Settings) -> None:
        """Raise UnauthenticatedError or ForbiddenError for all others."""
        super().check_caller(caller, settings)
        if not caller.is_staff:
            raise ForbiddenError("staff")


router = Router(tags=["chat"], auth=UserAuth())


class RoomDraft(Schema):
    """A room as it is to be; the user that it names becomes its owner."""

    access: Literal["public", "members", "hidden"] = "public"
    owner: UserId = Field(default_factory=absent, description="A user's key.")


class RoomSaved(Schema):
    """A room, and how it may be entered."""

    name: str
    access: str


class MemberDraft(Schema):
    """Who is to be a member, and as what."""

    user_id: UserId
    role: Role = "member"


class MemberSaved(Schema):
    """A membership. `user_id` is null where keys are addresses."""

    user_id: int | str | None
    role: Role


class MemberRemoved(Schema):
    """Whose membership has ended."""

    user_id: int | str


class MemberShown(Schema):
    """A member, by the name that is shown. `user_id` is null where keys are addresses."""

    user_id: int | str | None
    username: str
    role: Role


class MembersPage(Schema):
    """Which members: those after `after`, which is `next` of the page before."""

    after: int = Field(default_factory=absent, ge=1, le=LARGEST)
    limit: int = Field(50, ge=1, le=PAGE)


class MembersShown(Schema):
    """A page of members, in the order in which they came. There are further ones after `next`."""

    members: list[MemberShown]
    next: int | None = None


@router.post("/{room}/access/", response=Answer[RoomSaved], auth=StaffAuth(), summary="Save a room")
async def chat_room_save(
    request: HttpRequest,
    room: Name,
    draft: RoomDraft,
) -> Answer[RoomSaved]:
    """Make a room for the policy `Members`, or change how it may be entered. For staff.

    A room that is there changes who may enter it: a hidden one is nobody else's.
    """
    if await in_database(is_there, room):
        await rights_in(rooms, request, room)
    if draft.owner is not None:
        await in_database(find_users, "owner", [draft.owner])
    saved = await aroom_save(name=room, access=draft.access)
    if draft.owner is not None:
        await amember_save(room=room, user_id=draft.owner, role="owner")
    return Answer(message="Room saved", data=RoomSaved(name=saved.name, access=saved.access))


@router.get("/{room}/members/", response=Answer[MembersShown], summary="List members")
async def chat_members(
    request: HttpRequest, room: Name, page: Query[MembersPage]
) -> Answer[MembersShown]:
    """The members of a room, for those who moderate it."""
    await require_moderator(room, request)
    after = page.after or 0
    found = await in_database(members_list, room=room, limit=page.limit + 1, after=after)
    told = [MemberShown(**member._asdict()) for _, member in found[: page.limit]]
    further = found[page.limit - 1][0] if len(found) > page.limit else None
    return Answer(message="Members", data=MembersShown(members=told, next=further))


@router.post("/{room}/members/", response=Answer[MemberSaved], summary="Save a member")
async def chat_member_save(
    request: HttpRequest, room: Name, draft: MemberDraft
) -> Answer[MemberSaved]:
    """Make a user a member, or give one another role. Who moderates, owners and staff say."""
    caller = caller_of(request)
    await require_moderator(room, request)
    await in_database(check_roles, room, caller, draft.user_id, draft.role)
    member = await amember_save(room=room, user_id=draft.user_id, role=draft.role)
    saved = MemberSaved(user_id=shown_id(read_key(member.user)), role=draft.role)
    return Answer(message="Member saved", data=saved)


@router.delete(
    "/{room}/members/{user_id}/", response=Answer[MemberRemoved], summary="Remove a member"
)
async def chat_member_remove(
    request: HttpRequest, room: Name, user_id: str
) -> Answer[MemberRemoved]:
    """End a membership: one's own, or as one who moderates."""
    caller, key = caller_of(request), possible_key(user_id, "user_id")
    shown = key if isinstance(key, int) else str(key)
    if shown == caller.user_id:
        await rights_in(rooms, request, room)
    else:
        await require_moderator(room, request)
        if key is None:
            raise NotFoundError("user")
        await in_database(check_roles, room, caller, key, "member")
    await amember_remove(room=room, user_id=key)
    return Answer(message="Member removed", data=MemberRemoved(user_id=shown))


def is_there(room: str) -> bool:
    """Whether a room is in the table. Blocking."""
    return standing_find(room, None).access is not None


async def require_moderator(room: str, request: HttpRequest) -> None:
    """Raise ForbiddenError for a caller who does not moderate the room."""
    (await rights_in(rooms, request, room)).require("moderate")


def check_roles(room: str, caller: Caller, user_id: object, role: str) -> None:
    """Let moderators change members alone, and owners and staff everybody. Blocking.

    Raises ForbiddenError.
    """
    if caller.is_staff or standing_find(room, caller.user_id).role == Membership.Role.OWNER:
        return
    key = possible_key(user_id, "user_id")
    plain = {None, Membership.Role.MEMBER.value}
    if role not in plain or standing_find(room, key).role not in plain:
        raise ForbiddenError("role")
