"""The opening handshake: the request's head in, a checked request or a refusal out (RFC 6455 4.2).

No I/O. The HTTP class before it has read the head: `http.py` hands on what it has read,
uvicorn's own classes write it anew in clean lines.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, NamedTuple

from websockets.utils import accept_key

from hubbub.errors import HubbubError
from hubbub.server.answer import Headers, write_lines, write_response
from hubbub.server.head import split_target

if TYPE_CHECKING:
    from hubbub.server.head import Head

KEY_SIZE = 16


class HandshakeError(HubbubError):
    """The request is no WebSocket handshake that can be answered; `response` says so."""

    def __init__(self, why: str, status: int, headers: Headers, body: bytes) -> None:
        super().__init__(why)
        self.why = why
        self.status = status
        self.response = write_response(status, headers, body)


class Request(NamedTuple):
    """An opening handshake that keeps the rules; `accept` is the answer to its key."""

    path: str
    raw_path: bytes
    query: bytes
    headers: Headers
    subprotocols: list[str]
    accept: str


def split_head(head: bytes) -> tuple[bytes, bytes, Headers]:
    """Method, target and headers of a head as uvicorn's own HTTP classes hand it on."""
    first, *lines = head.rstrip(b"\r\n").split(b"\r\n")
    method, target, _ = first.split(b" ", 2)
    pairs = [line.partition(b": ") for line in lines]
    return method, target, [(name, value) for name, _, value in pairs]


def write_clean(head: Head) -> bytes:
    """A head for WebSocket classes that read it anew."""
    lines = write_lines(head.headers)
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (head.method.encode(), head.target, lines)


def check_request(method: bytes, target: bytes, headers: Headers) -> Request:
    """Check a request that offers an upgrade to WebSocket. Raises HandshakeError."""
    key = version = b""
    subprotocols: list[str] = []
    for name, value in headers:
        if name == b"sec-websocket-key":
            key = value.strip()
        elif name == b"sec-websocket-version":
            version = value.strip()
        elif name == b"sec-websocket-protocol":
            subprotocols += [part.strip() for part in value.decode("latin-1").split(",")]
    if method != b"GET":
        raise HandshakeError("method", 405, [(b"allow", b"GET")], b"Method not allowed\n")
    if version != b"13":
        wanted = [(b"sec-websocket-version", b"13"), (b"upgrade", b"websocket")]
        raise HandshakeError("version", 426, wanted, b"WebSocket version 13 is needed\n")
    if not is_key(key):
        raise HandshakeError("key", 400, [], b"Invalid Sec-WebSocket-Key\n")
    path, raw_path, query = split_target(target)
    return Request(path, raw_path, query, headers, subprotocols, accept_key(key.decode()))


def is_key(key: bytes) -> bool:
    """Whether a key is sixteen bytes in base64 (section 4.1)."""
    try:
        return len(binascii.a2b_base64(key, strict_mode=True)) == KEY_SIZE
    except binascii.Error:
        return False


def write_accept(accept: str, subprotocol: str | None, headers: Headers) -> bytes:
    """The 101 answer that opens the connection (section 4.2.2)."""
    if subprotocol:
        headers = [*headers, (b"Sec-WebSocket-Protocol", subprotocol.encode("latin-1"))]
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n%b\r\n" % (accept.encode(), write_lines(headers))
    )
