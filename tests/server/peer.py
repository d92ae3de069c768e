"""A client that says exactly what it is told, byte by byte, and reads what comes back."""

from __future__ import annotations

import socket
from typing import NamedTuple

from websockets.frames import apply_mask

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FINAL = 0x80
MASK = b"\x37\xfa\x21\x3d"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455 section 1.3 has this pair
SECONDS = 10


class Frame(NamedTuple):
    """The first byte of a frame, and its payload."""

    first: int
    payload: bytes

    @property
    def opcode(self):
        return self.first & 0x0F

    @property
    def code(self):
        """A close frame's code; None if it has none."""
        return int.from_bytes(self.payload[:2], "big") or None

    @property
    def reason(self):
        return self.payload[2:].decode()


def client_frame(opcode, payload=b"", *, final=True, reserved=0, mask=MASK, size=None):
    """A client's frame; `size` announces another length than the payload's, `mask` None no mask."""
    size = len(payload) if size is None else size
    head = bytes([opcode | (FINAL if final else 0) | reserved])
    masked = 0 if mask is None else 0x80
    if size < 126:
        head += bytes([masked | size])
    elif size < 1 << 16:
        head += bytes([masked | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([masked | 127]) + size.to_bytes(8, "big")
    return head + (payload if mask is None else mask + apply_mask(payload, mask))


def close_frame(code=None, reason=""):
    return client_frame(CLOSE, b"" if code is None else code.to_bytes(2, "big") + reason.encode())


def request(path="/", *headers, method="GET", version="13", key=KEY, host="localhost"):
    """The head of an opening handshake."""
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        f"Sec-WebSocket-Version: {version}",
        f"Sec-WebSocket-Key: {key}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Answer(NamedTuple):
    """An HTTP answer's head."""

    status: int
    headers: dict[str, str]


class Peer:
    """One TCP connection. Every read has a deadline."""

    def __init__(self, port, *, receive_buffer=None):
        self._socket = socket.socket()
        if receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(SECONDS)
        self._socket.connect(("127.0.0.1", port))
        self._file = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._socket.close()

    def write(self, data):
        self._socket.sendall(data)

    def read(self, size):
        return self._file.read(size)

    def rest(self):
        """Everything up to the end of the connection, clean or not."""
        try:
            return self._file.read()
        except ConnectionError:
            return b""

    def stop_writing(self):
        self._socket.shutdown(socket.SHUT_WR)

    def shake(self, *args, **kwargs):
        """Send a handshake and read the head of the answer."""
        self.write(request(*args, **kwargs))
        return self.answer()

    def answer(self):
        status = self._file.readline().split(b" ")
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode("latin-1").partition(": ")
            headers[name.lower()] = value
        return Answer(int(status[1]), headers)

    def send(self, opcode, payload=b"", **options):
        self.write(client_frame(opcode, payload, **options))

    def say(self, text):
        self.send(TEXT, text.encode())

    def frame(self):
        """The next frame of the server."""
        first, size = self.read(2)
        assert size < 128, "a server must not mask"
        if size == 126:
            size = int.from_bytes(self.read(2), "big")
        elif size == 127:
            size = int.from_bytes(self.read(8), "big")
        return Frame(first, self.read(size))

    def text(self):
        frame = self.frame()
        assert frame.first == FINAL | TEXT, frame
        return frame.payload.decode()

    def closed(self):
        """Read on to the close frame, and to the end of the connection after answering it."""
        frame = self.frame()
        while frame.opcode != CLOSE:
            frame = self.frame()
        return frame


def opened(port, path="/", *headers, **options):
    """A client that has shaken hands."""
    peer = Peer(port, **options)
    assert peer.shake(path, *headers).status == 101
    return peer
