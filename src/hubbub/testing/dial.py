"""One connection to an ASGI application in this process: the server's part, without a network.

An endpoint of ours takes the socket that is offered to it, as it does on our own server; anything
else speaks ASGI.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakSet, ref

from hubbub.anew import forgotten_by
from hubbub.fanout.frame import read_texts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hubbub.fanout.outlet import Receiver
    from hubbub.wire.closes import Close

    Message = dict[str, Any]
    Application = Callable[[Message, Any, Any], Awaitable[None]]

#: The code of an end that nobody announced (RFC 6455 section 7.4.1).
ABNORMAL = 1006


class Goodbye(NamedTuple):
    """How a connection was closed from the other side."""

    code: int
    reason: str = ""


class Closed(AssertionError):
    """A frame was waited for, and the connection was closed; `goodbye` says how."""

    def __init__(self, goodbye: Goodbye) -> None:
        super().__init__(f"closed with {goodbye.code} {goodbye.reason}".rstrip())
        self.goodbye = goodbye


class Refused(AssertionError):
    """The handshake was not answered with a connection, but with a status and a body of HTTP."""

    def __init__(self, status: int, body: bytes = b"") -> None:
        super().__init__(f"refused with {status} {body.decode(errors='replace')}".rstrip())
        self.status = status
        self.body = body


#: Those whose application may have something to do yet.
open_dials: WeakSet[Dial] = WeakSet()
forgotten_by(open_dials.clear)


class Dial:
    """What was heard comes from `heard`, in order; the last is a Goodbye."""

    def __init__(self, application: Application, scope: Message) -> None:
        self.loop = asyncio.get_running_loop()
        self.heard: asyncio.Queue[str | bytes | Goodbye] = asyncio.Queue()
        self.goodbye: Goodbye | None = None
        #: What the application has raised.
        self.error: Exception | None = None
        self._asked: asyncio.Queue[Message] = asyncio.Queue()
        self._answer: asyncio.Future[Message] = self.loop.create_future()
        self._receiver: Receiver | None = None
        self._waits = False
        self._refusal: Message = {}
        offer = {"socket": self, "owner": ref(self)}
        extensions = {"websocket.http.response": {}, "hubbub.socket": offer}
        self._task = self.loop.create_task(
            self._run(application, scope | {"extensions": extensions})
        )

    async def open(self) -> str | None:
        """Shake hands: the chosen subprotocol. Raises Refused, and what the application raises."""
        self._asked.put_nowait({"type": "websocket.connect"})
        answer = await self._answer
        if answer["type"] == "websocket.accept":
            open_dials.add(self)
            chosen: str | None = answer.get("subprotocol")
            return chosen
        raise Refused(answer.get("status", 403), answer.get("body", b""))

    def send(self, payload: str | bytes) -> None:
        """Have the other side receive a message. Raises Closed."""
        if self.goodbye is not None:
            raise self.closed()
        if self._receiver is not None:
            self._receiver.received(payload)
        else:
            kind = "text" if isinstance(payload, str) else "bytes"
            self._asked.put_nowait({"type": "websocket.receive", kind: payload})

    def closed(self) -> Closed:
        """That there is no more to hear, and why."""
        closed = Closed(self.goodbye or Goodbye(ABNORMAL))
        closed.__cause__, self.error = self.error, None
        return closed

    async def hang_up(self, code: int) -> None:
        """Be gone, and wait until the other side has left everything behind.

        Raises what the application has raised and nobody was told of.
        """
        open_dials.discard(self)
        if self._receiver is not None:
            self._tell_closed(code)
        self._asked.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        await asyncio.wait([self._task])
        if self.error is not None:
            raise self.error

    def idle(self) -> bool:
        """Whether the application has taken all that was sent, and waits for more."""
        return self._task.done() or (self._waits and self._asked.empty())

    # The application's side (ASGI).

    async def _run(self, application: Application, scope: Message) -> None:
        try:
            await application(scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - it is the test's own error
            self.error = error
            self._end(Goodbye(1011, f"{type(error).__name__}: {error}"))
            if not self._answer.done():
                self._answer.set_exception(error)
        if not self._answer.done():
            self._answer.set_result({"type": "websocket.close"})
        if self._receiver is None:
            self._end(Goodbye(ABNORMAL))

    async def _receive(self) -> Message:
        self._waits = True
        try:
            return await self._asked.get()
        finally:
            self._waits = False

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.send":
            text = message.get("text")
            self._hear(text if text is not None else message["bytes"])
        elif kind == "websocket.http.response.body":
            self._answer.set_result(self._refusal | {"body": message.get("body", b"")})
        elif kind == "websocket.http.response.start":
            self._refusal = message
        elif not self._answer.done():
            self._answer.set_result(message)
        elif kind == "websocket.close":
            self._end(Goodbye(message.get("code") or 1000, message.get("reason") or ""))

    # The socket that an endpoint of ours takes (`fanout/outlet.py`).

    def hand_over(self, receiver: Receiver, *, max_frame: int, budget: int) -> None:
        """Hand messages to `receiver` from now on."""
        del max_frame, budget  # what is sent is looked at there too, and all is read at once
        self._receiver = receiver
        while not self._asked.empty():
            self.send(self._asked.get_nowait().get("text") or "")

    def write(self, frames: bytes) -> None:
        """Hear frames."""
        for text in read_texts(frames):
            self._hear(text)

    def close(self, close: Close) -> None:
        """Hear the goodbye."""
        self._end(Goodbye(close.code, close.reason))
        self.loop.call_soon(self._tell_closed, close.code)

    def buffered(self) -> int:
        """Nothing waits."""
        return 0

    def _tell_closed(self, code: int) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.closed(code)

    def _hear(self, payload: str | bytes) -> None:
        if self.goodbye is None:
            self.heard.put_nowait(payload)

    def _end(self, goodbye: Goodbye) -> None:
        if self.goodbye is None:
            self.heard.put_nowait(goodbye)
            self.goodbye = goodbye
            open_dials.discard(self)
