"""The body of an HTTP request: bytes in, content out (RFC 9112 sections 6.2 and 7.1). No I/O.

Both readers take from the front of a buffer what is theirs, and never a byte of what follows.
"""

from __future__ import annotations

import re

from hubbub.server.head import HEAD_MOST, LINE, RequestError

#: Bytes of the line before a chunk, extensions included; more are answered 400.
CHUNK_LINE_MOST = 1024
#: Chunks that may be as small as they like; beyond them the mean is `CHUNK_MEAN` bytes at least,
#: since each costs 2 µs however small it is.
CHUNKS_FREE = 1000
CHUNK_MEAN = 32

SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*+;[^\x00-\x08\x0a-\x1f\x7f]*+)?")


class Sized:
    """A body of a length that was said before it came; `left` bytes of it are still to come."""

    __slots__ = ("left",)

    def __init__(self, length: int) -> None:
        self.left = length

    @property
    def complete(self) -> bool:
        """Whether nothing is to come any more."""
        return self.left == 0

    def take(self, buffer: bytearray) -> bytes:
        """Remove what is there of the body, and return it."""
        content = bytes(buffer[: self.left])
        del buffer[: self.left]
        self.left -= len(content)
        return content


class Chunked:
    """A body in chunks; extensions and trailers are read and dropped. `left` is not known."""

    __slots__ = ("_chunk", "_chunks", "_content", "_last", "_trailers", "complete", "left")

    def __init__(self) -> None:
        self.left = None
        self.complete = False
        #: Bytes to come of the present chunk, its line break included; 0 before the next line.
        self._chunk = 0
        self._last = False
        self._chunks = 0
        self._content = 0
        self._trailers = 0

    def take(self, buffer: bytearray) -> bytes:
        """Remove what is there of the body, and return its content. Raises RequestError."""
        parts: list[bytes] = []
        place = 0
        while not self.complete:
            following = self._step(buffer, place, parts)
            if following == place:
                break
            place = following
        del buffer[:place]
        return b"".join(parts)

    def _step(self, buffer: bytearray, place: int, parts: list[bytes]) -> int:
        """Read one thing at `place`; returns the place behind it, the same if it is not there."""
        if self._chunk > 2:  # noqa: PLR2004 - content, and a line break of two
            return self._read_content(buffer, place, parts)
        if self._chunk:
            return self._read_break(buffer, place)
        end = buffer.find(b"\n", place, place + CHUNK_LINE_MOST)
        if end < 0:
            if len(buffer) - place >= CHUNK_LINE_MOST:
                raise RequestError(400, "A line of the body is too long")
            return place
        line = bytes(buffer[place : end + 1])
        if self._last:
            self._read_trailer(line)
        else:
            self._read_size(line)
        return end + 1

    def _read_content(self, buffer: bytearray, place: int, parts: list[bytes]) -> int:
        content = bytes(buffer[place : place + self._chunk - 2])
        parts.append(content)
        self._chunk -= len(content)
        return place + len(content)

    def _read_break(self, buffer: bytearray, place: int) -> int:
        found = bytes(buffer[place : place + 2])
        if found == b"\r\n":
            self._chunk = 0
            return place + 2
        if found not in (b"", b"\r"):
            raise RequestError(400, "A chunk is longer than it says")
        return place

    def _read_size(self, line: bytes) -> None:
        match = SIZE.fullmatch(line[:-2])
        if match is None or not line.endswith(b"\r\n"):
            raise RequestError(400, "Malformed chunk")
        size = int(match[1], 16)
        if size == 0:
            self._last = True
            return
        self._chunk = size + 2
        self._chunks += 1
        self._content += size
        if self._chunks > CHUNKS_FREE and self._content < self._chunks * CHUNK_MEAN:
            raise RequestError(400, "The chunks are too small")

    def _read_trailer(self, line: bytes) -> None:
        self._trailers += len(line)
        self.complete = line == b"\r\n"
        if self._trailers > HEAD_MOST:
            raise RequestError(431, "The request's trailers are too long")
        if not self.complete and not LINE.fullmatch(line):
            raise RequestError(400, "Malformed trailer")


Body = Sized | Chunked


def body_of(length: int | None) -> Body:
    """The reader of a body of that length, None for one in chunks."""
    return Chunked() if length is None else Sized(length)
