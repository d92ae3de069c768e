"""What a client asks of the socket for many streams itself, and what it is answered."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec

from hubbub.errors import InvalidFormatError, Refusal
from hubbub.fanout.frame import content_of, contents, frame_of
from hubbub.sockets.failures import LOOKED_INTO
from hubbub.wire.codec import LARGEST, decode
from hubbub.wire.names import STREAM_LENGTH, RequestId

#: The word of a frame that is not told as it came, and which of its keys `subscribed` has.
TOLD = {
    "recovery": ("recovered", "missed", "seq", "epoch", "cursor"),
    "history": ("seq", "epoch"),
    "counter_update": ("counter", "version"),
    "connection_status": ("cursor", "unread"),
}
#: Begins a notification's second frame of those, behind what was not read.
RECOVERY = b'{"type":"recovery"'

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


class First(msgspec.Struct, frozen=True, omit_defaults=True):
    """The frame that comes first on a stream's own socket, as far as `subscribed` has it."""

    type: Any = None
    seq: Any = None
    epoch: Any = None
    recovered: Any = None
    missed: Any = None
    counter: Any = None
    version: Any = None
    cursor: Any = None
    unread: Any = None


_abouts = msgspec.json.Decoder(About)
_subscribes = msgspec.json.Decoder(Subscribe)
_unsubscribes = msgspec.json.Decoder(Unsubscribe)
_firsts = msgspec.json.Decoder(First)


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


def read_first(wire: bytes) -> tuple[dict[str, Any], bytes]:
    """What `subscribed` has of the frames that come first, and the frames that are told behind it.

    A page of history is told, and its position is that of `subscribed`.
    """
    if not wire:
        return {}, b""
    begin, end = content_of(wire, 0)
    first = _firsts.decode(wire[begin:end])
    keys = {key: getattr(first, key) for key in TOLD.get(first.type, ())}
    if "version" in keys:
        keys["seq"] = keys.pop("version")
    if first.type == "connection_status":
        more, rest = take_recovery(wire[end:])
        keys |= more
    else:
        rest = wire if first.type == "history" or not keys else wire[end:]
    return {key: value for key, value in keys.items() if value is not None}, rest


def take_recovery(wire: bytes) -> tuple[dict[str, Any], bytes]:
    """The same of a `recovery` that comes behind others."""
    start = 0
    for begin, end in contents(wire):
        if wire.startswith(RECOVERY, begin):
            return read_first(wire[start:end])[0], wire[:start] + wire[end:]
        start = end
    return {}, wire


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
