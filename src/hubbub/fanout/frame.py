"""A message as bytes, made once and written to every member (RFC 6455 section 5.2)."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from hubbub.wire.codec import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_FINAL = 0x81
SHORT = 126
LONG = 127
pack_short = Struct(">BB").pack
pack_medium = Struct(">BBH").pack
pack_long = Struct(">BBQ").pack


def make_frame(payload: bytes, first: int = TEXT_FINAL) -> bytes:
    """Put the header of one final, unmasked frame before `payload`; a text frame by default."""
    size = len(payload)
    if size < SHORT:
        return pack_short(first, size) + payload
    if size < 1 << 16:
        return pack_medium(first, SHORT, size) + payload
    return pack_long(first, LONG, size) + payload


def frame_of(message: object) -> bytes:
    """The frame of a message, as JSON."""
    return make_frame(encode(message))


def read_texts(wire: bytes) -> Iterator[str]:
    """Yield the texts of whole frames that `make_frame` made and somebody joined.

    Outlets that lead through ASGI pay this, so that the fast ones need no second kind of value.
    """
    for begin, end in contents(wire):
        yield wire[begin:end].decode()


def tag_frames(wire: bytes, tag: bytes) -> bytes:
    """Put `tag`, the beginning of an object, before the keys of each frame's object."""
    return b"".join(make_frame(tag + wire[begin + 1 : end]) for begin, end in contents(wire))


def contents(wire: bytes) -> Iterator[tuple[int, int]]:
    """Where the content of each of the frames begins and ends; the next frame begins there."""
    end = 0
    while end < len(wire):
        begin, end = content_of(wire, end)
        yield begin, end


def content(frame: bytes) -> bytes:
    """What one whole frame carries."""
    return frame[content_of(frame, 0)[0] :]


def content_of(wire: bytes, start: int) -> tuple[int, int]:
    """Where the content of the frame at `start` begins and ends."""
    size = wire[start + 1]
    begin = start + 2
    if size == SHORT:
        begin += 2
        size = int.from_bytes(wire[start + 2 : begin], "big")
    elif size == LONG:
        begin += 8
        size = int.from_bytes(wire[start + 2 : begin], "big")
    return begin, begin + size
