"""What a client asks of the socket for many streams itself, and what it is answered."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec

from hubbub.errors import InvalidFormatError, Refusal
from hubbub.fanout.frame import frame_of
from hubbub.sockets.failures import LOOKED_INTO
from hubbub.wire.codec import LARGEST, decode
from hubbub.wire.names import STREAM_LENGTH, RequestId

Number = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]


class About(msgspec.Struct, frozen=True, gc=False):
    """Which stream a client's frame is about."""

    stream: Annotated[str, msgspec.Meta(max_length=STREAM_LENGTH)]
    type: Any = None


class Subscribe(msgspec.Struct, frozen=True, gc=False):
    """A client wants to hear a stream, and what comes first; as in the path of its own socket."""

    id: RequestId | None = None
    since: Number | None = None
    epoch: str | None = None
    history: Number | None = None
    cursor: str | None = None
    unread: bool | None = None

    def query(self) -> bytes:
        """What the path of the stream's own socket would say of it."""
        given = {
            "since": self.since,
            "epoch": self.epoch,
            "history": self.history,
            "cursor": self.cursor,
            "unread": 1 if self.unread else None,
        }
        return urlencode({key: value for key, value in given.items() if value is not None}).encode()


class Unsubscribe(msgspec.Struct, frozen=True, gc=False):
    """A client wants to hear a stream no longer."""

    id: RequestId | None = None


_abouts = msgspec.json.Decoder(About)
_subscribes = msgspec.json.Decoder(Subscribe)
_unsubscribes = msgspec.json.Decoder(Unsubscribe)


def read_about(payload: str | bytes) -> About:
    """The stream, and the word, of a client's frame. Raises InvalidJSON- or InvalidFormatError."""
    about = decode(_abouts, payload)
    if not about.stream:
        raise InvalidFormatError(field="stream")
    return about


def is_subscribe(payload: str | bytes) -> bool:
    """Whether a frame asks to hear a stream, be it right or wrong in the rest."""
    word = '"subscribe"' if isinstance(payload, str) else b'"subscribe"'
    if len(payload) > LOOKED_INTO or word not in payload:  # type: ignore[operator]
        return False
    try:
        return bool(decode(_abouts, payload).type == "subscribe")
    except Refusal:
        return False


def read_subscribe(payload: str | bytes) -> Subscribe:
    """The same of all that subscribing says."""
    return decode(_subscribes, payload)


def read_unsubscribe(payload: str | bytes) -> Unsubscribe:
    """The same of what unsubscribing says."""
    return decode(_unsubscribes, payload)


def subscribed_frame(stream: str, request_id: str | None, position: dict[str, Any]) -> bytes:
    """From here on a client hears a stream, and where that stands."""
    return about_frame("subscribed", stream, request_id, position)


def unsubscribed_frame(stream: str, request_id: str | None, why: dict[str, Any]) -> bytes:
    """From here on it does not."""
    return about_frame("unsubscribed", stream, request_id, why)


def about_frame(word: str, stream: str, request_id: str | None, more: dict[str, Any]) -> bytes:
    """A frame about a stream; the `id` of the request comes back, where it had one."""
    known = {} if request_id is None else {"id": request_id}
    return frame_of({"type": word, "stream": stream, **known, **more})
