"""`/api/chat/`: rooms, what was said in them, who is there, and saying something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from django.http import HttpRequest, HttpResponse
from msgspec import Raw
from ninja import Path, Query, Router

from hubbub.accounts.caller_auth import OPTIONAL, caller_of
from hubbub.accounts.names import names
from hubbub.chat.answers import (
    Changed,
    Edit,
    Messages,
    Person,
    Post,
    Presence,
    Room,
    Rooms,
    RoomsPage,
    Said,
)
from hubbub.chat.kind import rooms
from hubbub.chat.listing import rooms_for
from hubbub.chat.members_api import router as members
from hubbub.chat.rooms import find_room
from hubbub.chat.sanctions_api import router as sanctions
from hubbub.chat.services import client_change, message_entry
from hubbub.chat.speaking import may_speak_as, speaking_name
from hubbub.crossing import in_database
from hubbub.errors import ForbiddenError
from hubbub.streams.calls import (
    NOTHING_KEPT,
    Answer,
    EndpointAuth,
    Name,
    Page,
    UserAuth,
    append,
    be_first,
    check_again,
    read_page,
    rights_in,
    sender_for,
    store,
)
from hubbub.wire.codec import LARGEST, encode, payload_of

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller

Seq = Annotated[int, Path(ge=1, le=LARGEST)]

router = Router(tags=["chat"], auth=EndpointAuth("chat_requires_user"))
router.add_router("", members)
router.add_router("", sanctions)


@router.get("/rooms/", response=Answer[Rooms], summary="List rooms", openapi_extra=OPTIONAL)
async def chat_rooms(request: HttpRequest, page: Query[RoomsPage]) -> Answer[Rooms]:
    """The rooms in which something was said and which the caller may enter, by name."""
    if not rooms.keeps:
        return Answer(message=NOTHING_KEPT, data=Rooms(rooms=[], more=False))
    found = await rooms_for(caller_of(request), limit=page.limit + 1, after=page.after or "")
    told = [Room(**room._asdict()) for room in found[: page.limit]]
    return Answer(message="Rooms", data=Rooms(rooms=told, more=len(found) > page.limit))


@router.get(
    "/{room}/messages/",
    response=Answer[Messages],
    summary="Read messages",
    openapi_extra=OPTIONAL,
)
async def chat_messages(
    request: HttpRequest,
    room: Name,
    page: Query[Page],
) -> HttpResponse:
    """A page of what was said, oldest first: the last ones, or those before or after a `seq`."""
    return await read_page(rooms, request, room, page, "Messages")


@router.post(
    "/{room}/messages/",
    response=Answer[Said],
    summary="Say something",
    openapi_extra=OPTIONAL,
)
async def chat_post(request: HttpRequest, room: Name, post: Post) -> HttpResponse:
    """Store a message and tell the room. A signed-in caller speaks under the account's name."""
    caller = caller_of(request)
    rights = await rights_in(rooms, request, room)
    rights.require("send")
    name = speaking_name(caller, post.username)
    await check_speaker(caller, name)
    await be_first(rooms, request, room, rights)
    await check_again(rooms, request, room, rights)
    entry = message_entry(
        room=room,
        message=post.message,
        username=name,
        user_id=caller.user_id,
        request_id=post.id or "",
        data=post.data,
    )
    said = Raw(payload_of(await store(request, entry)))
    body = encode({"status": "success", "message": "Message sent", "data": said})
    return HttpResponse(body, content_type="application/json")


@router.patch(
    "/{room}/messages/{seq}/", response=Answer[Changed], auth=UserAuth(), summary="Edit a message"
)
async def chat_edit(request: HttpRequest, room: Name, seq: Seq, edit: Edit) -> Answer[Changed]:
    """Give a message of one's own another text; as one who moderates the room, any message."""
    stored = await change(request, "send", room, seq, edit.message, edit.id or "")
    return Answer(message="Message edited", data=stored)


@router.delete(
    "/{room}/messages/{seq}/", response=Answer[Changed], auth=UserAuth(), summary="Delete a message"
)
async def chat_delete(request: HttpRequest, room: Name, seq: Seq) -> Answer[Changed]:
    """Take back a message of one's own; as one who moderates the room, any message."""
    stored = await change(request, "enter", room, seq)
    return Answer(message="Message deleted", data=stored)


@router.get(
    "/{room}/presence/",
    response=Answer[Presence],
    summary="See who is there",
    openapi_extra=OPTIONAL,
)
async def chat_presence(request: HttpRequest, room: Name) -> Answer[Presence]:
    """The people who are connected to a room."""
    await rights_in(rooms, request, room)
    found = find_room(room)
    people = found.roll.people() if found else []
    users = [Person(**person._asdict()) for person in people]
    count = found.roll.count if found else 0
    return Answer(message="Presence", data=Presence(count=count, users=users))


async def change(  # noqa: PLR0917 - what the two calls have
    request: HttpRequest,
    right: str,
    room: str,
    seq: int,
    message: str | None = None,
    request_id: str = "",
) -> Changed:
    """Edit a message, or delete it, with a right. Raises a Refusal."""
    rights = await rights_in(rooms, request, room)
    rights.require(right)
    entry = await in_database(
        client_change,
        room=room,
        seq=seq,
        message=message,
        user_id=caller_of(request).user_id,
        request_id=request_id,
        may_all=rights.moderate,
    )
    rights_now = await rights_in(rooms, request, room)
    rights_now.require(right)
    if rights.moderate:  # which may be why it is allowed
        rights_now.require("moderate")
    stored = await append(entry, sender_for(request))
    return Changed(changed=seq, seq=stored.seq, timestamp=stored.timestamp)


async def check_speaker(caller: Caller, name: str) -> None:
    """Whether a caller may use a name. Raises ForbiddenError."""
    allowed = may_speak_as(caller, name)
    if allowed is None:
        allowed = not await names.look_up(name)
    if not allowed:
        raise ForbiddenError("name")
