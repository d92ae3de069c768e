"""Bytes of a connection in, heads and bodies of its requests out. No I/O.

What is read is gone from the buffer, so that a request begins where the one before it ended and
nowhere else. No byte is looked at twice, in however small pieces they come.
"""

from __future__ import annotations

from hubbub.server.body import Body, body_of
from hubbub.server.head import Head, find_end, read_head


class RequestReader:
    """The reading side of one connection. `body` is what is still to come of the last request."""

    __slots__ = ("_seen", "body", "buffer")

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.body: Body | None = None
        self._seen = 0

    def read_head(self) -> Head | None:
        """The next head, None as long as it is not whole. Raises RequestError."""
        buffer = self.buffer
        while not self._seen and buffer.startswith(b"\r\n"):  # RFC 9112 section 2.2
            del buffer[:2]
        if not buffer or buffer == b"\r":
            return None
        end = find_end(buffer, self._seen)
        if end < 0:
            self._seen = len(buffer)
            return None
        self._seen = 0
        head = read_head(bytes(buffer[: end + 2]))
        del buffer[: end + 4]
        if head.length != 0:
            self.body = body_of(head.length)
        return head

    def read_body(self) -> bytes:
        """What is there of the body, which is None after its last piece. Raises RequestError."""
        assert self.body is not None
        content = self.body.take(self.buffer)
        if self.body.complete:
            self.body = None
        return content

    def clear(self) -> None:
        """Forget everything."""
        self.buffer.clear()
        self.body = None
