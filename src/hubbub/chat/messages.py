"""The chat's frames, both ways (API version 1, section 1; additions in `docs/api.md`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hubbub.errors import InvalidFormatError, InvalidMessageError
from hubbub.fanout.frame import make_frame
from hubbub.wire.codec import decode, encode

if TYPE_CHECKING:
    from hubbub.presence.roll import Person

MESSAGE_LENGTH = 1000
USERNAME_LENGTH = 64
ANONYMOUS = "Anonymous"


class ChatMessage(msgspec.Struct, tag_field="type", tag="chat_message", frozen=True, gc=False):
    """A client says something."""

    message: str
    username: str = ANONYMOUS


class Typing(msgspec.Struct, tag_field="type", tag="typing", frozen=True, gc=False):
    """A client is about to."""


class AskPresence(msgspec.Struct, tag_field="type", tag="presence", frozen=True, gc=False):
    """A client wants to know who is here."""


Request = ChatMessage | Typing | AskPresence
_decoder = msgspec.json.Decoder(Request)


def read_request(payload: str | bytes) -> Request:
    """A client's frame. Raises InvalidJSONError, InvalidFormatError or InvalidMessageError."""
    request: Request = decode(_decoder, payload)
    if isinstance(request, ChatMessage):
        check_message(request.message)
        check_username(request.username)
    return request


def check_message(message: object) -> str:
    """The message itself. Raises InvalidMessageError if blank or too long, InvalidFormatError."""
    if not isinstance(message, str):
        raise InvalidFormatError
    if len(message) > MESSAGE_LENGTH or not message or message.isspace():
        raise InvalidMessageError
    return message


def check_username(username: object) -> str:
    """The name itself. Raises InvalidFormatError for what is no text, or too long for a name."""
    if not isinstance(username, str) or len(username) > USERNAME_LENGTH:
        raise InvalidFormatError
    return username


class Said(msgspec.Struct, tag_field="type", tag="chat_message", frozen=True, omit_defaults=True):
    """What everyone in a room gets. `user_id` only for a signed-in sender."""

    message: str
    username: str
    timestamp: str
    seq: int
    user_id: int | str | None = None


def said_frame(said: Said) -> bytes:
    """A chat message for the whole room."""
    return make_frame(encode(said))


def notice_frame(event: str, username: str, count: int) -> bytes:
    """`user_joined` or `user_left`, of one person; `count` people are there now."""
    verb = "joined" if event == "user_joined" else "left"
    return make_frame(
        encode(
            {
                "type": "notification",
                "message": f"A user {verb} the room",
                "event": event,
                "username": username,
                "count": count,
            }
        )
    )


def crowd_frame(event: str, number: int, count: int) -> bytes:
    """`user_joined` or `user_left`, of `number` people at once."""
    verb = "joined" if event == "user_joined" else "left"
    who = "A user" if number == 1 else f"{number} users"
    return make_frame(
        encode(
            {
                "type": "notification",
                "message": f"{who} {verb} the room",
                "event": event,
                verb: number,
                "count": count,
            }
        )
    )


def typing_frame(username: str) -> bytes:
    """Somebody types."""
    return make_frame(encode({"type": "typing", "username": username}))


def presence_frame(count: int, people: list[Person]) -> bytes:
    """Who is here."""
    users = [person._asdict() for person in people]
    return make_frame(encode({"type": "presence", "count": count, "users": users}))
