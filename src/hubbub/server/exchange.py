"""One HTTP request and its answer: a call of the ASGI application, its `receive` and its `send`.

The ASGI specification's HTTP messages. An answer's head waits for the first piece of its body, as
the specification asks, and leaves with it in one write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from hubbub.observe.events import HTTP_CUT_SHORT, HTTP_FAILED
from hubbub.observe.report import report
from hubbub.server.answer import write_head
from hubbub.server.ending import refuse, turn_away
from hubbub.server.head import RequestError

if TYPE_CHECKING:
    from hubbub.server.answer import Headers
    from hubbub.server.head import Head
    from hubbub.server.host import Host
    from hubbub.server.line import Line

#: Bytes of a body that may wait for the application before its connection is no longer read.
BODY_HIGH = 64 * 1024
#: Answers without a body (RFC 9110 sections 15.3.5 and 15.4.5).
BODILESS = (204, 304)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class Exchange:
    """An application's view of one request."""

    __slots__ = (
        "_answer",
        "_bodiless",
        "_body",
        "_chunked",
        "_ends",
        "_head",
        "_host",
        "_left",
        "_line",
        "_news",
        "_room",
        "began",
        "complete",
        "expects",
        "keep_alive",
        "more_body",
        "over",
    )

    def __init__(self, line: Line, host: Host, head: Head) -> None:
        self._line = line
        self._host = host
        self._head = head
        self._body = bytearray()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._answer: bytes | None = None
        self._bodiless = False
        self._chunked = False
        self._left: int | None = None
        #: Whether the application has still to hear that the body is over.
        self._ends = False
        self.more_body = True
        self.expects = head.expects
        self.keep_alive = head.keep_alive
        #: The answer's head is with the transport; its last byte is; nobody waits for it any more.
        self.began = False
        self.complete = False
        self.over = False

    def start(self, app: Application, scope: Message) -> None:
        """Run the application in a task of its own, with the context of the server's start."""
        host = self._host
        task = host.loop.create_task(self._run(app, scope), context=host.context.copy())
        host.tasks.add(task)
        task.add_done_callback(host.tasks.discard)

    async def _run(self, app: Application, scope: Message) -> None:
        """Call the application; what it leaves undone is answered 500."""
        try:
            await app(scope, self.receive, self.send)
        except asyncio.CancelledError:
            # The server stops and waits no longer; who asked may ask again.
            if not self.complete and not self.over:
                turn_away(self._line)
        except Exception as error:  # noqa: BLE001 - the place where an application's errors end
            self._fail("raised", scope, error)
        else:
            if not self.complete and not self.over:
                self._fail("no whole answer", scope)

    def _fail(self, reason: str, scope: Message, error: Exception | None = None) -> None:
        client = scope["client"] or ("",)
        about = {"method": scope["method"], "path": scope["path"], "address": client[0]}
        if self.over:  # it was told that nobody waits, and takes that for an error
            report(HTTP_CUT_SHORT, reason, error=error, **about)
            return
        report(HTTP_FAILED, reason, error=error, status=500, **about)
        if not self.complete:
            refuse(self._line, RequestError(500, "Internal error"))

    # What the connection says.

    def feed(self, content: bytes, *, more: bool) -> None:
        """Take a piece of the body."""
        self._body += content
        self.more_body = more
        self._ends = not more
        self._news.set()

    @property
    def full(self) -> bool:
        """Whether as much of the body waits as may wait."""
        return len(self._body) >= BODY_HIGH

    def disconnect(self) -> None:
        """The peer is gone, or has been told something else than the application's answer."""
        self.over = True
        self._body.clear()
        self._news.set()
        self.drained()

    def drained(self) -> None:
        """Let a `send` that waits for room go on."""
        self._room.set()

    async def receive(self) -> Message:
        """The next piece of the body; after the last one, the disconnect when it comes."""
        while not (self._body or self._ends or self.over or self.complete):
            if self.expects and self.more_body and not self.began:
                self.expects = False
                self._line.transport.write(CONTINUE)
            self._news.clear()
            await self._news.wait()
        if self.over or self.complete:
            return {"type": "http.disconnect"}
        body, self._body, self._ends = bytes(self._body), bytearray(), False
        more = self.more_body
        if body:
            self._line.advance()
        return {"type": "http.request", "body": body, "more_body": more}

    # What the application says.

    async def send(self, message: Message) -> None:
        """Take an event of the application's; one that nobody waits for any more is dropped."""
        while self._line.paused and not self.over:
            self._room.clear()
            await self._room.wait()
        if self.over:
            return
        kind = message["type"]
        if kind == "http.response.start" and self._answer is None:
            self._answer = self._begin(message)
        elif kind == "http.response.body" and self._answer is not None and not self.complete:
            self._write(message.get("body", b""), more=message.get("more_body", False))
        else:
            raise RuntimeError(f"ASGI message {kind!r} is out of order")

    def _begin(self, message: Message) -> bytes:
        """The head of the answer, and how its body is to be framed. Raises ValueError."""
        status = message["status"]
        headers = [
            (name.lower(), value)
            for name, value in message.get("headers", [])
            if name.lower() != b"transfer-encoding"  # ours to say (ASGI)
        ]
        length = read_length(headers)
        self._bodiless = self._head.method == "HEAD" or status in BODILESS
        self._chunked = length is None and not self._bodiless and self._head.version == "1.1"
        self._left = length
        asked = any(name == b"connection" and b"close" in value.lower() for name, value in headers)
        self.keep_alive = (
            self.keep_alive
            and not asked
            and (self._chunked or self._bodiless or length is not None)
            and self._line.may_stay()
        )
        if not self.keep_alive and not asked:
            headers.append((b"connection", b"close"))
        if self._chunked:
            headers.append((b"transfer-encoding", b"chunked"))
        return write_head(status, [*self._line.default_headers(), *headers])

    def _write(self, body: bytes, *, more: bool) -> None:
        data = self._frame(body, more=more)
        assert self._answer is not None
        if not self.began:
            self.began = True
            data = self._answer + data
        self._line.transport.write(data)
        if not more:
            self.complete = True
            self._news.set()
            self._line.answered()

    def _frame(self, body: bytes, *, more: bool) -> bytes:
        """A piece of the body as it is sent. Raises ValueError if it is not as long as was said."""
        if self._bodiless:
            return b""
        if self._chunked:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            return chunk if more else chunk + b"0\r\n\r\n"
        if self._left is not None:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more):
                raise ValueError("the body is not as long as its Content-Length")
        return body


def read_length(headers: Headers) -> int | None:
    """The Content-Length that an application gives. Raises ValueError for one that is none."""
    lengths = [value for name, value in headers if name == b"content-length"]
    if not lengths:
        return None
    if len(lengths) > 1 or not lengths[0].isdigit():
        raise ValueError("an answer has one Content-Length, a number")
    return int(lengths[0])
