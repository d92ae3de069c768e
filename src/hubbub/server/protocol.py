"""A WebSocket connection for uvicorn: `uvicorn --ws hubbub.server.protocol:WebSocket`.

The whole of RFC 6455 on the server's side, without extensions. It serves any ASGI application; one
that hands over to a receiver (`fanout/outlet.py`) may return after the handshake, and from then on
the connection is this object, its reader and its transport: no task, no queue, no scope, no timer.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from hubbub.fanout.frame import make_frame
from hubbub.server.answer import Headers, write_response
from hubbub.server.call import Call, report_broken
from hubbub.server.frames import (
    CLOSE,
    EMPTY_PING,
    FINAL,
    PING,
    PONG,
    WireError,
    frame_close,
    read_close,
)
from hubbub.server.handshake import HandshakeError, check_request, split_head
from hubbub.server.host import CLOSE_SECONDS, Host, cut_parser, host_of
from hubbub.server.intake import Intake
from hubbub.wire.closes import SILENT, TOO_SLOW, Close, report_close

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from hubbub.fanout.outlet import Receiver, Write
    from hubbub.server.seating import Seat

#: The life of a connection, in order; nothing ever goes back. CLOSING waits for the peer's close
#: frame, FAILED reads nothing any more and waits for the peer to hang up.
CONNECTING, OPEN, CLOSING, FAILED, CLOSED = range(5)
#: Bytes that may wait for a peer of a plain ASGI application (which also waits in `send`).
BUDGET = 1024 * 1024


def discard(_: bytes) -> None:
    """Stand in for the `write` of a connection that is closed."""


class WebSocket(asyncio.Protocol):
    """One connection, from the upgrade on; also the outlet of the one who sits on it."""

    __slots__ = (
        "__weakref__",
        "_asked",
        "_budget",
        "_deadline",
        "_host",
        "_place",
        "_reader",
        "_receiver",
        "_state",
        "paused",
        "seat",
        "transport",
        "write",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._host: Host = host_of(config, server_state, app_state)
        self._reader: Intake | None = None
        self._receiver: Receiver | None = None
        self._state = CONNECTING
        self._asked = False
        self._budget = BUDGET
        self._place = 0
        self._deadline: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)
        self.paused = False
        self.seat: Seat | None = None  # of the limits on connections, from `http.py`
        self.write: Write = discard

    # What the transport says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; uvicorn calls it at the upgrade, with the request's head to follow as data."""
        self.transport = cast("asyncio.Transport", transport)
        self._host.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own classes
        cut_parser(self.transport.get_protocol())

    def data_received(self, data: bytes) -> None:
        """Take what was read: the head first, frames from then on."""
        self._asked = False
        if self._reader is None:
            self.shake(*split_head(data))
            return
        if self._state > CLOSING:
            return
        try:
            text = self._reader.whole_text(data) if self._state == OPEN else None
            if text is None:
                self._take(self._reader, data)
            elif self._receiver is not None:
                self._receiver.received(text)
        except WireError as error:
            self._fail(error.close)

    def _take(self, reader: Intake, data: bytes) -> None:
        for opcode, content in reader.slice(data, self._state == CLOSING):
            if opcode < CLOSE:
                if self._receiver is not None:
                    self._receiver.received(content)
            elif self._control(opcode, cast("bytes", content)):
                return
        if reader.behind:
            self.transport.pause_reading()
            self._host.loop.call_soon(self.go_on)

    def go_on(self) -> None:
        """Take what is left of a read, then read on, as long as the application has room."""
        if self._may_take(behind=True):
            self.data_received(b"")
        if self._may_take(behind=False):
            self.transport.resume_reading()

    def _may_take(self, *, behind: bool) -> bool:
        assert self._reader is not None
        full = isinstance(self._receiver, Call) and self._receiver.full
        over = full or self._state > CLOSING or self.transport.is_closing()
        return self._reader.behind == behind and not over

    def connection_lost(self, _: Exception | None) -> None:
        """Forget everything; the receiver hears 1006 unless it has heard a code before."""
        if self._deadline is not None:
            self._deadline.cancel()
        if CONNECTING < self._state < CLOSED:
            self._host.heartbeat.remove(self, self._place)
        self._state = CLOSED
        self.write = discard
        self._host.connections.discard(self)
        if self.seat is not None:
            self.seat.release()
        self.resume_writing()
        self._tell_closed(1006)

    def pause_writing(self) -> None:
        """Take more than the high-water mark to be slow, and count from now on."""
        self.paused = True
        if self._state == OPEN:
            self.write = self._write_within_budget

    def resume_writing(self) -> None:
        """Write straight to the transport again."""
        self.paused = False
        if self._state == OPEN:
            self.write = self.transport.write
        if isinstance(self._receiver, Call):
            self._receiver.drained()

    # The outlet: see `fanout/outlet.py`.

    def _write_within_budget(self, data: bytes) -> None:
        if self.buffered() + len(data) > self._budget:
            self.close(TOO_SLOW)
        else:
            self.transport.write(data)

    def close(self, close: Close) -> None:
        """Send a close frame, tell the receiver, and give the peer `CLOSE_SECONDS` to answer."""
        if self._state == OPEN:
            self._part(close)
            self._tell_closed(close.code)

    def buffered(self) -> int:
        """Bytes that the kernel has not yet taken."""
        return self.transport.get_write_buffer_size()

    def hand_over(self, receiver: Receiver, *, max_frame: int, budget: int) -> None:
        """Put `receiver` in the place of the ASGI call, and hand it what the call has not read."""
        call, self._receiver = self._receiver, receiver
        self._budget = budget
        assert self._reader is not None
        self._reader.max_size = min(self._reader.max_size, max_frame)
        if isinstance(call, Call):
            call.hand_over(receiver)
        if self._state != OPEN:
            self._tell_closed(1006)
        elif not self.transport.is_reading():
            self._host.loop.call_soon(self.go_on)  # the call had enough in its queue

    def receiver_is(self, receiver: Receiver) -> bool:
        """Whether it was handed over to nobody since `receiver`."""
        return self._receiver is receiver

    # The handshake: see `call.py` for the ASGI side of it.

    def shake(self, method: bytes, target: bytes, headers: Headers) -> None:
        """Give the handshake to the application, if it is a good one."""
        self._reader = Intake(self._host.max_size)
        try:
            request = check_request(method, target, headers)
        except HandshakeError as error:
            report_broken(error, self.transport)
            self.refuse(error.response)
            return
        call = Call(self, self._host, request)
        self._receiver = call
        call.start()

    def accept(self, response: bytes) -> None:
        """Answer 101 and open."""
        if self._state != CONNECTING:
            return
        self._state = OPEN
        self.write = self.transport.write
        self._place = self._host.heartbeat.add(self)
        self.transport.write(response)

    def refuse(self, response: bytes) -> None:
        """Answer with another status and hang up."""
        if self._state == CONNECTING:
            self._state = CLOSED
            self.transport.write(response)
            self.transport.close()

    # Goodbyes, RFC 6455 section 7.

    def _control(self, opcode: int, content: bytes) -> bool:
        """Answer a control frame; True if it was the last frame that counts."""
        if opcode == PING and self._state == OPEN:
            self.write(make_frame(content, FINAL | PONG))
        if opcode != CLOSE:
            return False
        said = read_close(content)
        if self._state == OPEN:
            self._leave_open(frame_close(said.code, said.reason))
        self._tell_closed(said.code)
        self.transport.close()
        return True

    def _fail(self, close: Close) -> None:
        """Hang up on a peer that broke the protocol, in such a way that it can still read why."""
        if self._state == CONNECTING:
            if isinstance(self._receiver, Call):
                self._receiver.report_refused("early frames", 400)
            self._tell_closed(close.code)
            self.refuse(write_response(400, [], b"Frames before the handshake was answered\n"))
            return
        if self._state == OPEN:
            self._part(close)
        elif not self.transport.is_reading():
            self.transport.resume_reading()  # amid slices; only so it hears the peer hang up
        self._tell_closed(close.code)
        self._state = FAILED
        # A full close with unread bytes about is a reset, which would overtake the close frame.
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def _leave_open(self, goodbye: bytes) -> None:
        self._state = CLOSING
        self.write = discard
        self.transport.write(goodbye)
        self._deadline = self._host.loop.call_later(CLOSE_SECONDS, self.transport.abort)
        if not self.transport.is_reading():
            self.transport.resume_reading()

    def _part(self, close: Close) -> None:
        report_close(close, "" if self._receiver is None else self._receiver.peer)
        self._leave_open(frame_close(close.code, close.reason))

    def _tell_closed(self, code: int) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.closed(code)

    def beat(self) -> None:
        """Ping; a peer that has been silent since the last one is gone (`ping_interval`)."""
        if self._state != OPEN:
            return
        if not self._asked:
            self._asked = True
            self.write(EMPTY_PING)
            if self._reader is not None:
                self._reader.expect_pong()
        elif self.transport.is_reading():
            self.close(SILENT)

    def shutdown(self) -> None:
        """Part from the peer because the server stops: 1012, or 503 amid a handshake."""
        if self._state == OPEN:
            self.close(self._host.farewell())
        elif self._state == CONNECTING and isinstance(self._receiver, Call):
            self._receiver.turn_away()
