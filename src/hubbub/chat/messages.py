"""The chat's frames, both ways (API version 1, section 1; additions in `docs/api.md`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hubbub.errors import InvalidFormatError, InvalidMessageError
from hubbub.fanout.frame import frame_of
from hubbub.streams.request import AskHistory
from hubbub.wire.blank import is_blank
from hubbub.wire.codec import LARGEST, decode
from hubbub.wire.names import RequestId

if TYPE_CHECKING:
    from hubbub.presence.roll import Person

MESSAGE_LENGTH = 1000
USERNAME_LENGTH = 64
#: Seconds that a mute or a ban may last at most, if it is to end: ten years.
LONGEST = 315_360_000
#: Characters of why somebody was muted, banned or sent away.
REASON_LENGTH = 500
ANONYMOUS = "Anonymous"


class ChatMessage(msgspec.Struct, tag_field="type", tag="chat_message", frozen=True, gc=False):
    """A client says something."""

    message: str
    username: str = ANONYMOUS
    id: RequestId | None = None
    data: dict[str, Any] | None = None


class Typing(msgspec.Struct, tag_field="type", tag="typing", frozen=True, gc=False):
    """A client is about to."""


class AskPresence(msgspec.Struct, tag_field="type", tag="presence", frozen=True, gc=False):
    """A client wants to know who is here."""


class Edit(msgspec.Struct, tag_field="type", tag="edit", frozen=True, gc=False):
    """A client says something else instead."""

    seq: Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
    message: str
    id: RequestId | None = None


class Delete(msgspec.Struct, tag_field="type", tag="delete", frozen=True, gc=False):
    """A client takes back what was said."""

    seq: Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
    id: RequestId | None = None


class Sanctioning(msgspec.Struct, tag_field="type", frozen=True, gc=False):
    """A client that moderates takes something from a user: for `seconds`, or for good."""

    user_id: int | str
    seconds: Annotated[int, msgspec.Meta(ge=1, le=LONGEST)] | None = None
    reason: Annotated[str, msgspec.Meta(max_length=REASON_LENGTH)] = ""
    id: RequestId | None = None


class Mute(Sanctioning, tag="mute", frozen=True, gc=False):
    """It may send nothing."""


class Ban(Sanctioning, tag="ban", frozen=True, gc=False):
    """It goes, and may not come back."""


class Kick(Sanctioning, tag="kick", frozen=True, gc=False):
    """It goes."""


class Unmute(Sanctioning, tag="unmute", frozen=True, gc=False):
    """It may send again."""


class Unban(Sanctioning, tag="unban", frozen=True, gc=False):
    """It may come again."""


Moderating = Mute | Ban | Kick | Unmute | Unban
Changing = Edit | Delete
Request = ChatMessage | AskHistory | Typing | AskPresence | Changing | Moderating
_decoder = msgspec.json.Decoder(Request)


def read_request(payload: str | bytes) -> Request:
    """A client's frame. Raises InvalidJSONError, InvalidFormatError or InvalidMessageError."""
    request: Request = decode(_decoder, payload)
    if isinstance(request, ChatMessage | Edit):
        check_message(request.message)
    return request


def check_message(message: str) -> str:
    """The message itself. Raises InvalidMessageError if blank or too long."""
    if len(message) > MESSAGE_LENGTH or is_blank(message):
        raise InvalidMessageError(field="message")
    return message


def check_username(username: str) -> str:
    """The name itself. Raises InvalidFormatError for one that is too long."""
    if len(username) > USERNAME_LENGTH:
        raise InvalidFormatError(field="username")
    return username


class Said(msgspec.Struct, tag_field="type", tag="chat_message", frozen=True, omit_defaults=True):
    """What everyone in a room gets. `user_id` if the sender is signed in, `seq` if it is stored."""

    message: str
    username: str
    timestamp: str
    seq: int = 0
    user_id: int | str | None = None
    deleted: bool = False
    data: msgspec.Raw | None = None
    edited: str | None = None


class Deleted(
    msgspec.Struct, tag_field="type", tag="message_deleted", frozen=True, omit_defaults=True
):
    """What extended connections get: the message numbered `deleted` is no more."""

    deleted: int
    seq: int
    timestamp: str


class Edited(
    msgspec.Struct, tag_field="type", tag="message_edited", frozen=True, omit_defaults=True
):
    """What extended connections get: the message numbered `edited` has another text.

    It has none where it was deleted since.
    """

    edited: int
    message: str
    seq: int
    timestamp: str
    deleted: bool = False


class History(msgspec.Struct, tag_field="type", tag="history", frozen=True):
    """A page of whole `chat_message` frames, oldest first, and where the stream stands."""

    messages: list[msgspec.Raw]
    seq: int
    epoch: str
    more: bool


def notice_frame(event: str, username: str, count: int) -> bytes:
    """`user_joined` or `user_left`, of one person; `count` people are there now."""
    return people_frame(event, "A user", count, username=username)


def crowd_frame(event: str, number: int, count: int) -> bytes:
    """The same of `number` people at once."""
    who = "A user" if number == 1 else f"{number} users"
    return people_frame(event, who, count, **{verb_of(event): number})


def people_frame(event: str, who: str, count: int, **about: object) -> bytes:
    """The same, with what is told about those who come or go."""
    message = f"{who} {verb_of(event)} the room"
    told = {"type": "notification", "message": message, "event": event}
    return frame_of({**told, **about, "count": count})


def verb_of(event: str) -> str:
    """What people have done."""
    return event.removeprefix("user_")


def moderated_frame(request: Moderating, until: str | None) -> bytes:
    """That it is done, for who asked."""
    body: dict[str, object] = {"type": "moderated", "action": action_of(request)}
    body |= {"user_id": request.user_id, "until": until}
    if request.id is not None:
        body["id"] = request.id
    return frame_of(body)


def action_of(request: Moderating) -> str:
    """What a request is called."""
    return str(request.__struct_config__.tag)


def typing_frame(username: str) -> bytes:
    """Somebody types."""
    return frame_of({"type": "typing", "username": username})


def presence_frame(count: int, people: list[Person]) -> bytes:
    """Who is here."""
    users = [person._asdict() for person in people]
    return frame_of({"type": "presence", "count": count, "users": users})
