"""Bytes of a client in, messages and control frames out (RFC 6455 section 5). No I/O.

`FrameReader.feed` takes whatever a read brought and returns the frames that are complete with it.
What breaks the protocol raises `WireError` with the close that answers it.
"""

from __future__ import annotations

import codecs
import sys
from typing import NamedTuple

from websockets.exceptions import ProtocolError
from websockets.frames import Close as PeerClose
from websockets.frames import apply_mask  # type: ignore[attr-defined]  # C, or its twin

from hubbub.errors import HubbubError
from hubbub.fanout.frame import make_frame
from hubbub.wire.closes import INVALID_TEXT, PROTOCOL_ERROR, TOO_BIG, Close

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FINAL, MASKED = 0x80, 0x80
TEXT_FINAL = FINAL | TEXT
RESERVED = 0x70
CONTROL_MAX = 125
#: Lengths that announce a longer length of 2 or 8 bytes (section 5.2).
SIZE_IN_2 = 126
HEADER_MIN = 2
NO_CODE = 1005
MASK_SIZE = 4
#: Bytes of a frame that says nothing.
SHORTEST = HEADER_MIN + MASK_SIZE
#: Bytes from which a fragment pays for itself: what it takes to read it is little beside them.
WORTH = 64
EMPTY_PING = make_frame(b"", FINAL | PING)
#: Opcode and content of a frame: text is str, everything else bytes.
Frame = tuple[int, str | bytes]

decoder_of = codecs.getincrementaldecoder("utf-8")


class WireError(HubbubError):
    """The peer broke the protocol; `close` is how it is told."""

    def __init__(self, close: Close) -> None:
        super().__init__(close.reason)
        self.close = close


class Header(NamedTuple):
    """What precedes a payload: `start` and `end` are its place in the buffer."""

    first: int
    start: int
    end: int


class FrameReader:
    """The reading side of one connection. `max_size` bounds a message in bytes, fragments added.

    `dues` counts the frames that cost more than they bring: control frames and fragments of less
    than `WORTH` bytes. `behind` says that more may be complete than was asked for.
    """

    __slots__ = (
        "_buffer",
        "_decoder",
        "_need",
        "_opcode",
        "_parts",
        "_size",
        "behind",
        "dues",
        "max_size",
    )

    def __init__(self, max_size: int) -> None:
        self.max_size = max_size
        self._buffer: bytearray | None = None
        self._need = 0
        self._opcode = CONTINUED
        self._size = 0
        self._parts: list[str | bytes] | None = None
        self._decoder: codecs.IncrementalDecoder | None = None
        self.behind = False
        self.dues = 0

    def feed(self, data: bytes, most: int = sys.maxsize) -> list[Frame]:
        """The next frames that are complete with `data`, messages whole. Raises WireError.

        At most `most`, fragments counted; for the rest see `behind`.
        """
        if self._buffer is not None:
            return self._feed_buffered(data, most)
        text = self.whole_text(data)
        if text is not None:
            return [(TEXT, text)]
        self._buffer = bytearray()
        return self._feed_buffered(data, most)

    def whole_text(self, data: bytes) -> str | None:
        """The text of a read that is just one frame with one, of at most 64 KiB; None of others.

        Nearly every read of a chat is: 0.4 µs here, 2 µs as what comes in parts. Raises WireError.
        """
        size = len(data)
        if size < SHORTEST or data[0] != TEXT_FINAL or size > self.max_size:
            return None
        start, said = SHORTEST, data[1] - MASKED
        if said == SIZE_IN_2:
            start, said = SHORTEST + 2, data[2] << 8 | data[3]
        elif said > SIZE_IN_2:
            return None
        if size - start != said or self._buffer is not None or self._opcode != CONTINUED:
            return None
        return decode_text(apply_mask(data[start:], data[start - MASK_SIZE : start]))

    def _feed_buffered(self, data: bytes, most: int) -> list[Frame]:
        buffer = self._buffer
        assert buffer is not None
        buffer += data
        frames: list[Frame] = []
        place = taken = 0
        while taken < most and len(buffer) - place >= self._need:
            header = self._read_header(buffer, place)
            if header is None:
                break
            if header.end > len(buffer):
                self._need = header.end - place
                break
            self._need = 0
            mask = bytes(buffer[header.start - MASK_SIZE : header.start])
            payload = apply_mask(bytes(buffer[header.start : header.end]), mask)
            place = header.end
            taken += 1
            self.dues += is_due(header.first, len(payload))
            frame = self._take(header.first, payload)
            if frame is not None:
                frames.append(frame)
        self.behind = taken == most and place < len(buffer)
        if place == len(buffer):
            self._buffer = None
        elif place:
            del buffer[:place]
        return frames

    def _read_header(self, buffer: bytearray, place: int) -> Header | None:
        """The next frame's header, checked before its payload is waited for; None if cut short."""
        have = len(buffer) - place
        if have < HEADER_MIN:
            return None
        first, second = buffer[place], buffer[place + 1]
        self._check(first, second)
        start, size = place + 2, second & 0x7F
        if size > CONTROL_MAX:
            width = 2 if size == SIZE_IN_2 else 8
            if have < 2 + width:
                return None
            size = int.from_bytes(buffer[start : start + width], "big")
            start += width
        if not first & 0x08 and size + self._size > self.max_size:
            raise WireError(TOO_BIG)
        if len(buffer) < start + MASK_SIZE:
            return None
        return Header(first, start + MASK_SIZE, start + MASK_SIZE + size)

    def _check(self, first: int, second: int) -> None:
        """Raise WireError for a header that RFC 6455 sections 5.2, 5.4 and 5.5 forbid."""
        opcode = first & 0x0F
        if first & RESERVED or not second & MASKED:
            raise WireError(PROTOCOL_ERROR)
        if opcode in (CLOSE, PING, PONG):
            if not first & FINAL or (second & 0x7F) > CONTROL_MAX:
                raise WireError(PROTOCOL_ERROR)
        elif opcode in (TEXT, BINARY):
            if self._opcode != CONTINUED:
                raise WireError(PROTOCOL_ERROR)
        elif opcode != CONTINUED or self._opcode == CONTINUED:
            raise WireError(PROTOCOL_ERROR)

    def _take(self, first: int, payload: bytes) -> Frame | None:
        """A whole frame's worth: a message, a control frame, or None amid fragments."""
        opcode = first & 0x0F
        if opcode & 0x08:
            return opcode, payload
        if first & FINAL and opcode != CONTINUED:
            return opcode, decode_text(payload) if opcode == TEXT else payload
        return self._take_fragment(first, payload)

    def _take_fragment(self, first: int, payload: bytes) -> Frame | None:
        if self._parts is None:
            self._opcode = first & 0x0F
            self._parts = []
            self._decoder = decoder_of() if self._opcode == TEXT else None
        final = bool(first & FINAL)
        self._size += len(payload)
        # Bad UTF-8 fails at the fragment that shows it, not after the last one (section 8.1).
        part = payload if self._decoder is None else decode_part(self._decoder, payload, final)
        if part:
            self._parts.append(part)
        if not final:
            return None
        opcode, parts = self._opcode, self._parts
        self._opcode, self._size, self._parts, self._decoder = CONTINUED, 0, None, None
        empty: str | bytes = "" if opcode == TEXT else b""
        return opcode, empty.join(parts)  # type: ignore[arg-type]  # all of one kind


def is_due(first: int, size: int) -> bool:
    """Whether a frame costs more than it brings; a message in one piece is its receiver's own."""
    whole = first & FINAL and first & 0x0F in (TEXT, BINARY)
    return not whole and (bool(first & 0x08) or size < WORTH)


def decode_text(payload: bytes) -> str:
    """A text frame's content. Raises WireError 1007 where it is not UTF-8 (section 8.1)."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise WireError(INVALID_TEXT) from None


def decode_part(decoder: codecs.IncrementalDecoder, payload: bytes, final: bool) -> str:  # noqa: FBT001
    """The next part of a text in fragments; a code point may lie across two of them."""
    try:
        return decoder.decode(payload, final)
    except UnicodeDecodeError:
        raise WireError(INVALID_TEXT) from None


def read_close(payload: bytes) -> PeerClose:
    """Code and reason of a peer's close frame, 1005 if it gave none. Raises WireError (7.4)."""
    try:
        return PeerClose.parse(payload)
    except UnicodeDecodeError:
        raise WireError(INVALID_TEXT) from None
    except ProtocolError:
        raise WireError(PROTOCOL_ERROR) from None


def check_code(code: int) -> None:
    """Raise ValueError for a code that no close frame may have (7.4); 1005 stands for none."""
    if code != NO_CODE:
        try:
            PeerClose(code, "").check()
        except ProtocolError:
            raise ValueError(f"No close frame may have the code {code}") from None


def frame_close(code: int, reason: str) -> bytes:
    """A close frame; the reason is cut to the 123 bytes that fit (section 5.5)."""
    if code == NO_CODE:
        return make_frame(b"", FINAL | CLOSE)
    text = reason.encode()[: CONTROL_MAX - 2].decode(errors="ignore").encode()
    return make_frame(code.to_bytes(2, "big") + text, FINAL | CLOSE)
