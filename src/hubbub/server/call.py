"""The ASGI side of a connection: one call of the application, its `receive` and its `send`.

The ASGI specification's WebSocket messages, with the `websocket.http.response` extension. It lasts
as long as the application does; one that hands over is done after the handshake.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any
from weakref import ref

from hubbub.errors import NotFoundError
from hubbub.fanout.frame import make_frame
from hubbub.observe.events import CONNECTION_FAILED, HANDSHAKE_REFUSED
from hubbub.observe.report import report
from hubbub.server.answer import Headers, write_response
from hubbub.server.frames import BINARY, FINAL, check_code
from hubbub.server.handshake import write_accept
from hubbub.server.host import QUEUE_HIGH
from hubbub.server.scope import address_of, describe_connection, describe_target
from hubbub.sockets.failures import peer_of, refuse_handshake, report_handshake
from hubbub.wire.closes import INTERNAL_ERROR, NORMAL, Close

if TYPE_CHECKING:
    import asyncio

    from hubbub.fanout.outlet import Receiver
    from hubbub.server.carrier import Carrier
    from hubbub.server.handshake import HandshakeError, Request
    from hubbub.server.host import Host

#: What an application may say to a peer that is gone, in messages and in seconds from the first one
#: on. Channels' consumers take the error for the end and never hear of the disconnect; so one that
#: only finishes what it is about is let be, and one that goes on and on is ended.
GONE_MESSAGES = 1000
GONE_SECONDS = 2.0
#: So begins what Channels' URLRouter says of a path that it lacks; it has no error class for it.
UNROUTED = "No route found for path "

Message = dict[str, Any]
Response = tuple[int, Headers, list[bytes]]


class PeerGoneError(ConnectionError):
    """The application goes on speaking to a peer that is gone; ASGI wants an OSError here."""


class Call:
    """An application's view of a connection, and its receiver until it is handed over."""

    __slots__ = (
        "__weakref__",
        "_answered",
        "_drain",
        "_dropped",
        "_events",
        "_host",
        "_over",
        "_patience",
        "_request",
        "_response",
        "_scope",
        "_socket",
        "_waiter",
    )

    def __init__(self, socket: Carrier, host: Host, request: Request) -> None:
        self._socket = socket
        self._host = host
        self._request = request
        self._scope: Message = {}
        self._events: deque[Message] = deque([{"type": "websocket.connect"}])
        self._waiter: asyncio.Future[None] | None = None
        self._drain: asyncio.Future[None] | None = None
        self._response: Response | None = None
        self._answered = False
        self._over = False
        self._dropped = 0
        self._patience = 0.0

    def start(self) -> None:
        """Run the application in a task of its own."""
        self._scope = self._make_scope()
        task = self._host.loop.create_task(self._run())
        self._host.tasks.add(task)
        task.add_done_callback(self._host.tasks.discard)

    async def _run(self) -> None:
        try:
            await self._host.app(self._scope, self.receive, self.send)
        except PeerGoneError:
            pass
        except BaseException as error:
            if is_unrouted(error) and not self._answered:
                await refuse_handshake(self._scope, self.send, NotFoundError("path"))
                return
            self._report_failed(type(error).__name__, error)
            self._refuse(500, [], b"Internal Server Error\n")
            self._socket.close(INTERNAL_ERROR)
            if not isinstance(error, Exception):
                raise
        else:
            if self._socket.receiver_is(self):
                if not self._answered:
                    self._report_failed("no answer")
                self._refuse(500, [], b"Internal Server Error\n")
                self._socket.close(NORMAL)

    # What is told of it in the log.

    @property
    def peer(self) -> str:
        """The client's address, once an application has put the one that a proxy names."""
        return peer_of(self._scope)

    def report_refused(self, why: str, status: int) -> None:
        """Log that the handshake was refused, unless it was answered."""
        if not self._answered:
            report_handshake(why, status, self._scope)

    def _report_failed(self, reason: str, error: BaseException | None = None) -> None:
        path = self._scope["path"]
        report(CONNECTION_FAILED, reason, error=error, path=path, address=self.peer)

    def _make_scope(self) -> Message:
        request, host = self._request, self._host
        return {
            "type": "websocket",
            "asgi": {"version": host.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "headers": request.headers,
            "subprotocols": request.subprotocols,
            **describe_connection(self._socket.transport, ("ws", "wss")),
            **describe_target(host, request.path, request.raw_path, request.query),
            "extensions": {
                "websocket.http.response": {},
                # Weak: it would lie in a ring with its scope, which is collected late.
                "hubbub.socket": {"socket": self._socket, "owner": ref(self)},
            },
        }

    # What the connection says to the application.

    def received(self, payload: str | bytes) -> None:
        """Queue a message; past `QUEUE_HIGH` of them the connection is not read until some go."""
        kind = "text" if isinstance(payload, str) else "bytes"
        self._push({"type": "websocket.receive", kind: payload})
        if self.full:
            self._socket.transport.pause_reading()

    @property
    def full(self) -> bool:
        """Whether there are so many that the application has to come after first."""
        return len(self._events) >= QUEUE_HIGH

    def closed(self, code: int) -> None:
        """Queue the disconnect, once."""
        if not self._over:
            self._over = True
            self._push({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.drained()

    def drained(self) -> None:
        """Let a `send` that waits for room go on."""
        if self._drain is not None and not self._drain.done():
            self._drain.set_result(None)

    def hand_over(self, receiver: Receiver) -> None:
        """Pass on what the application has not read."""
        for event in self._events:
            if event["type"] == "websocket.receive":
                receiver.received(event.get("text") or event.get("bytes") or "")
        self._events.clear()

    def turn_away(self) -> None:
        """Answer 503 to a handshake that a stopping server will not finish."""
        self.report_refused("stopping", 503)
        self._refuse(503, [(b"retry-after", b"1")], b"Server is restarting\n")

    def _push(self, event: Message) -> None:
        self._events.append(event)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self) -> Message:
        """The next event; after the disconnect, the disconnect again."""
        while not self._events:
            self._waiter = self._host.loop.create_future()
            await self._waiter
        if len(self._events) == QUEUE_HIGH // 2 and not self._socket.transport.is_reading():
            # Not now: an application for which there always is something would never wait.
            self._host.loop.call_soon(self._socket.go_on)
        event = self._events[0]
        if event["type"] != "websocket.disconnect":
            self._events.popleft()
        return event

    # What the application says.

    async def send(self, message: Message) -> None:
        """Take an event of the application's; once the peer is gone it is dropped.

        Raises PeerGoneError where an application goes on with that.
        """
        kind = message["type"]
        if self._over:
            self._drop()
        elif kind == "websocket.send" and self._answered:
            await self._send_data(message)
        elif kind == "websocket.close":
            self._close(message)
        elif kind == "websocket.accept" and not self._answered:
            self._accept(message)
        elif kind == "websocket.http.response.start" and not self._answered:
            self._response = (message["status"], list(message.get("headers", [])), [])
        elif kind == "websocket.http.response.body" and self._response is not None:
            self._take_body(message)
        else:
            raise RuntimeError(f"ASGI message {kind!r} is out of order")

    async def _send_data(self, message: Message) -> None:
        # A transport that failed takes everything and never fills, so that nothing below would
        # wait: a loop of sends has to end before the loop of events can tell that the peer is gone.
        if self._socket.transport.is_closing():
            self._drop()
            return
        data, text = message.get("bytes"), message.get("text")
        if data is not None:
            self._socket.write(make_frame(data, FINAL | BINARY))
        elif text is not None:
            self._socket.write(make_frame(text.encode()))
        while self._socket.paused and not self._over:
            self._drain = self._host.loop.create_future()
            await self._drain

    def _drop(self) -> None:
        now = self._host.loop.time()
        if not self._dropped:
            self._patience = now + GONE_SECONDS
        self._dropped += 1
        if self._dropped > GONE_MESSAGES or now > self._patience:
            raise PeerGoneError

    def _accept(self, message: Message) -> None:
        headers = list(message.get("headers", []))
        answer = write_accept(self._request.accept, message.get("subprotocol"), headers)
        self._answered = True
        self._socket.accept(answer)

    def _close(self, message: Message) -> None:
        if self._answered:
            code, reason = message.get("code") or 1000, message.get("reason") or ""
            check_code(code)
            self._socket.close(Close(code, reason, why="application"))
        else:
            self.report_refused("application", 403)
            self._refuse(403, [], b"")

    def _take_body(self, message: Message) -> None:
        assert self._response is not None
        status, headers, parts = self._response
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            self._refuse(status, headers, b"".join(parts))

    def _refuse(self, status: int, headers: Headers, body: bytes) -> None:
        if not self._answered:
            answer = write_response(status, headers, body)
            self._answered = True
            self._socket.refuse(answer)
            self.closed(1006)


def is_unrouted(error: BaseException) -> bool:
    """Whether there is no such path, which is nobody's fault but the peer's."""
    return isinstance(error, ValueError) and str(error).startswith(UNROUTED)


def report_broken(error: HandshakeError, transport: asyncio.Transport) -> None:
    """Log a handshake that breaks the rules, of which no application hears."""
    report(HANDSHAKE_REFUSED, error.why, status=error.status, address=address_of(transport))
