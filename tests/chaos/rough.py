"""A WebSocket client without manners: it can stop reading, and vanish without a word."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

from tests.api_v1.talk import DEADLINE

TEXT = 0x81
CLOSE = 0x88
RESET = struct.pack("ii", 1, 0)
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Rough:
    """One connection, frame by frame."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, **frame: Any) -> None:
        """Send one text frame of at least 126 bytes, masked with zeros (RFC 6455 section 5.3)."""
        payload = json.dumps(frame, ensure_ascii=False).encode().ljust(126)
        self.writer.write(struct.pack("!BBHI", TEXT, 128 | 126, len(payload), 0) + payload)
        await self.writer.drain()

    async def hear(self) -> tuple[int, bytes]:
        """The next frame: its first byte and its content."""
        async with asyncio.timeout(DEADLINE):
            first, size = await self.reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            return first, await self.reader.readexactly(size)

    async def hear_text(self) -> dict[str, Any]:
        """The next text frame's content; what the server asks in between is passed over."""
        while True:
            first, content = await self.hear()
            if first == TEXT:
                frame: dict[str, Any] = json.loads(content)
                return frame
            assert first != CLOSE, content

    def vanish(self, *, reset: bool) -> None:
        """Be gone: no close frame, and with `reset` not even the end of the TCP stream."""
        if reset:
            handle = self.writer.get_extra_info("socket")
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.writer.transport.abort()


async def connect_roughly(port: int, path: str, *, receive_buffer: int | None = None) -> Rough:
    """Open a WebSocket; `receive_buffer` is what the kernel takes while nobody reads (bytes)."""
    handle = socket.socket()
    handle.setblocking(False)
    if receive_buffer is not None:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(DEADLINE):
        await loop.sock_connect(handle, ("127.0.0.1", port))
        limit = 1 << 16 if receive_buffer is None else receive_buffer
        reader, writer = await asyncio.open_connection(sock=handle, limit=limit)
        writer.write(HANDSHAKE.format(path=path).encode())
        answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return Rough(reader, writer)
