"""The slow way: a connection over any ASGI server, with a queue and a task of its own.

Under Daphne, Hypercorn or a test communicator. Our own server's sockets need none of this.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hubbub.fanout.frame import read_texts
from hubbub.wire.closes import TOO_SLOW, farewell, report_close

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hubbub.fanout.outlet import Receiver, Write
    from hubbub.wire.closes import Close

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

#: Seconds in which a server must report the end of a connection that was closed.
CLOSE_SECONDS = 10.0
#: Seconds in which it must take a goodbye when it stops.
PART_SECONDS = 1.0


class ASGIOutlet:
    """A bounded queue before ASGI `send`; over `budget` bytes the connection closes with 4408.

    What is written while nothing waits is taken, however much it is, as by our own server.
    """

    def __init__(self, send: Send, budget: int, address: str = "") -> None:
        self._send = send
        self._address = address
        self._budget = budget
        self._queue: deque[bytes] = deque()
        self._buffered = 0
        self._goodbye: Close | None = None
        self._filled = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        #: The `receive` that waits, if any.
        self.hearing: asyncio.Future[dict[str, Any]] | None = None
        self.write: Write = self._push

    def _push(self, data: bytes) -> None:
        if self._goodbye is not None:
            return
        if self._buffered and self._buffered + len(data) > self._budget:
            self._queue.clear()
            self.close(TOO_SLOW)
            return
        self._buffered += len(data)
        self._queue.append(data)
        self._filled.set()

    def close(self, close: Close) -> None:
        """Close after what is queued, `CLOSE_SECONDS` later at most; the second does nothing."""
        if self._goodbye is None:
            report_close(close, self._address)
            self._goodbye = close
            self._filled.set()
            self._deadline = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._give_up)

    def buffered(self) -> int:
        """Bytes not yet taken by `send`."""
        return self._buffered

    @property
    def closing(self) -> bool:
        """Whether it is said, or about to be, that the connection ends."""
        return self._goodbye is not None

    async def pump(self) -> None:
        """Hand what is queued to the server, one text a message, until it is time to close."""
        self._pump = asyncio.current_task()
        try:
            # An OSError is how a server tells that the peer is gone (ASGI, `send`).
            with suppress(OSError):
                await self._say_everything()
        finally:
            if self._deadline is not None:
                self._deadline.cancel()

    async def _say_everything(self) -> None:
        while self._queue or self._goodbye is None:
            await self._filled.wait()
            await self._empty()
        # Granian sends no close while a `receive` waits.
        if self.hearing is not None:
            self.hearing.cancel()
        await self._send_close(self._goodbye)

    async def part(self) -> None:
        """Say that the server restarts, as a server does not itself that cancels its calls."""
        if self._goodbye is None:
            self._goodbye = farewell()
            # Whatever keeps it from that, the call has to end now.
            with suppress(Exception):
                async with asyncio.timeout(PART_SECONDS):
                    await self._send_close(self._goodbye)

    async def _send_close(self, close: Close) -> None:
        await self._send({"type": "websocket.close", "code": close.code, "reason": close.reason})

    def _give_up(self) -> None:
        """Stop waiting for a server whose peer does not read, not even its goodbye."""
        if self._pump is not None:
            self._pump.cancel()

    async def _empty(self) -> None:
        while self._queue:
            data = self._queue.popleft()
            for text in read_texts(data):
                await self._send({"type": "websocket.send", "text": text})
            self._buffered = max(0, self._buffered - len(data))
        if self._goodbye is None:
            self._filled.clear()


async def carry(receiver: Receiver, outlet: ASGIOutlet, receive: Receive) -> None:
    """Carry a connection from its acceptance to its end: messages in, frames out."""
    pump = asyncio.create_task(outlet.pump())
    code = 1006
    try:
        code = await listen(receiver, outlet, receive, pump)
    except asyncio.CancelledError:
        pump.cancel()
        await outlet.part()
        raise
    finally:
        receiver.closed(code)
        pump.cancel()
        with suppress(asyncio.CancelledError):
            await pump


async def listen(
    receiver: Receiver, outlet: ASGIOutlet, receive: Receive, pump: asyncio.Task[None]
) -> int:
    """Pass messages on until the disconnect, or until a server says nothing after our close."""
    while not pump.done():
        outlet.hearing = hearing = asyncio.ensure_future(receive())
        try:
            await asyncio.wait((hearing, pump), return_when=asyncio.FIRST_COMPLETED)
        finally:
            hearing.cancel()
        if not hearing.done() or hearing.cancelled():
            continue
        message = hearing.result()
        if message["type"] == "websocket.disconnect":
            return code_of(message)
        if outlet.closing:
            continue  # the goodbye is on its way, and what comes now is too late
        text = message.get("text")
        receiver.received(text if text is not None else message.get("bytes") or b"")
    return 1006 if has_failed(pump) else await end_of(receive)


async def end_of(receive: Receive) -> int:
    """The code with which a connection ends that was closed; 1006 if the server tells of none."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            while (message := await receive())["type"] != "websocket.disconnect":
                pass
            return code_of(message)
    return 1006


def code_of(message: dict[str, Any]) -> int:
    """The code of a disconnect."""
    return int(message.get("code") or 1005)


def has_failed(pump: asyncio.Task[None]) -> bool:
    """Whether the goodbye was not said: the peer does not read, or the server takes no such code.

    As Daphne, which takes none from 1001 to 2999.
    """
    return pump.cancelled() or pump.exception() is not None
