"""A line between a browser and a server, which can fall silent and be cut."""

from __future__ import annotations

import re
import socket
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


HOST = re.compile(rb"\r\nHost: [^\r\n]*\r\n")


class Call:
    """One TCP connection through the line."""

    def __init__(self, browser: socket.socket, server: socket.socket, host: bytes) -> None:
        self.browser = browser
        self.server = server
        self.host = host
        self.silent = Event()
        Thread(target=self._carry, args=(browser, server, Event()), daemon=True).start()
        Thread(target=self._carry, args=(server, browser, self.silent), daemon=True).start()

    def cut(self) -> None:
        for end in (self.browser, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _carry(self, source: socket.socket, sink: socket.socket, silent: Event) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if not silent.is_set():
                    sink.sendall(HOST.sub(self.host, data) if self.host else data)
        self.cut()


class Line:
    """A port that leads to a server's."""

    def __init__(self, port: int, host: str) -> None:
        self._target = port
        self._host = f"\r\nHost: {host}\r\n".encode() if host else b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._calls: list[Call] = []
        Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def silence(self) -> None:
        """What the server says on the connections of now does not arrive any more."""
        for call in self._calls:
            call.silent.set()

    def cut(self) -> None:
        """End the connections of now, without a goodbye."""
        calls, self._calls = self._calls, []
        for call in calls:
            call.cut()

    def close(self) -> None:
        """Take no more, and end all."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                browser, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._calls.append(Call(browser, server, self._host))


@contextmanager
def line_to(port: int, host: str = "") -> Iterator[Line]:
    """A line to a server on this machine; with `host` a proxy that names another Host."""
    line = Line(port, host)
    try:
        yield line
    finally:
        line.close()
