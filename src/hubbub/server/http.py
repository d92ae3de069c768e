"""HTTP/1.1 for uvicorn: `uvicorn --http hubbub.server.http:HTTP` (RFC 9110, RFC 9112).

One request, one answer: a request begins where the one before it ended, and nothing but its own
head says where that is. One at a time is with the application; what a peer sends meanwhile waits
as bytes, at most `READ_AHEAD` of them. There is no access log, which would hold `?token=`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.flow_control import service_unavailable

from hubbub.server.ending import drop, hang_up, refuse, turn_away
from hubbub.server.exchange import Exchange
from hubbub.server.handshake import write_clean
from hubbub.server.head import RequestError
from hubbub.server.host import Host, host_of
from hubbub.server.protocol import WebSocket
from hubbub.server.reader import RequestReader
from hubbub.server.scope import describe_connection, describe_request, is_secure

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from hubbub.server.answer import Headers
    from hubbub.server.deadline import Deadline
    from hubbub.server.head import Head
    from hubbub.server.line import Answering, Line
    from hubbub.server.seating import Seat

#: Bytes that may wait, behind a request that is not answered yet, before no more are read.
READ_AHEAD = 64 * 1024
#: Bytes of a body that are read and dropped when its request has been answered already, so that
#: the connection can stay; one with more to come is closed.
DROP_MOST = 64 * 1024


class HTTP(asyncio.Protocol):
    """One connection, from its beginning to its end or to its upgrade."""

    __slots__ = (
        "_about",
        "_app_state",
        "_config",
        "_deadline",
        "_served",
        "_state",
        "_unread",
        "deaf",
        "dropped",
        "eof",
        "exchange",
        "host",
        "paused",
        "reader",
        "received",
        "seat",
        "transport",
        "unsent",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._config = config
        self._state = server_state
        self._app_state = app_state
        self.host: Host = host_of(config, server_state, app_state)
        self.reader = RequestReader()
        self.exchange: Answering | None = None
        self._about: dict[str, Any] | None = None
        self._deadline: Deadline[Line] | None = None
        #: Bytes of the body since its deadline was set, of the answer when it was, and dropped.
        self.received = self.unsent = self.dropped = 0
        self._served = self._unread = self.eof = self.deaf = False
        #: What the connection holds of the limits on connections.
        self.seat: Seat | None = None
        self.paused = False
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)

    # What the transport says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the head has its time from now on."""
        self.transport = cast("asyncio.Transport", transport)
        self.host.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own
        self.seat = self.host.seating.take(self.transport)
        if self.seat is not None and self.seat.too_much:
            self.transport.abort()
        self._pace()

    def data_received(self, data: bytes) -> None:
        """Take what was read."""
        if self.deaf:
            drop(self, data)
            return
        self.reader.buffer += data
        self.advance()

    def eof_received(self) -> bool:
        """The peer will send no more: what it has asked is answered, if that is soon."""
        if (self.exchange is None and not self.paused) or is_secure(self.transport):
            return False
        self.eof = True
        if self.reader.body is not None:
            refuse(self, RequestError(400, "The body is cut short"))
        else:
            self.wait(self.host.half_closed_deadline)
        return True

    def connection_lost(self, _: Exception | None) -> None:
        """Forget everything; the application hears that nobody waits any more."""
        self.deaf = True
        self.wait(None)
        self.host.answer_deadline.stop(self)
        self.host.connections.discard(self)
        self.reader.clear()
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.disconnect()
        if self.seat is not None:
            self.seat.release()

    def pause_writing(self) -> None:
        """Let the answer wait, and the requests behind it."""
        self.paused = True
        self.watch_answer()

    def resume_writing(self) -> None:
        """Go on with the answer, or with the next request."""
        self.paused = False
        self.host.answer_deadline.stop(self)
        if self.exchange is not None:
            if self.eof:
                self.host.half_closed_deadline.start(self)
            self.exchange.drained()
        elif not self.deaf:
            self.advance()

    # What comes in.

    def advance(self) -> None:
        """Read on until bytes are missing, room, or the answer to the request before."""
        try:
            while self._step():
                pass
        except RequestError as error:
            refuse(self, error)
        if not self.deaf:
            self._pace()

    def _step(self) -> bool:
        if self.reader.body is not None:
            return self._read_body()
        if self.exchange is None and self.reader.buffer and not self.paused and not self.deaf:
            return self._read_head()
        return False

    def _read_head(self) -> bool:
        head = self.reader.read_head()
        if head is None:
            return False
        if self.seat is not None:
            self.seat.admit(head.headers)
        if head.handshake and self.host.ws_class is not None:
            self._upgrade(head)
        else:
            self._begin(head)
        return True

    def _begin(self, head: Head) -> None:
        self.exchange = exchange = Exchange(self, self.host, head)
        if head.length == 0:
            exchange.feed(b"", more=False)
        self.received = 0
        host = self.host
        full = host.limit is not None and len(host.connections) > host.limit
        app = cast("Any", service_unavailable) if full else host.app
        if self._about is None:
            self._about = describe_connection(self.transport, ("http", "https"))
        exchange.start(app, self._about | describe_request(host, head))

    def _read_body(self) -> bool:
        if self.lags():
            return False
        content = self.reader.read_body()
        complete = self.reader.body is None
        self.received += len(content)
        if self.exchange is not None and (content or complete):
            self.exchange.feed(content, more=not complete)
        return complete

    def lags(self) -> bool:
        """Whether the application has as much of the body before it as may wait."""
        return self.exchange is not None and self.exchange.full

    def _pace(self) -> None:
        """Read no more than can be used, and wait no longer than is due."""
        busy = self.exchange is not None or self.paused
        full = busy and len(self.reader.buffer) >= READ_AHEAD
        if full is not self._unread:
            self._unread = full
            (self.transport.pause_reading if full else self.transport.resume_reading)()
        if self.eof and busy:
            self.host.half_closed_deadline.start(self)
        elif self.eof:
            hang_up(self)
        elif self.reader.body is not None:
            self.wait(self.host.body_deadline)
        elif busy:
            self.wait(None)
        elif self.seat is not None and self.seat.refusal is not None:
            self.wait(self.host.surplus_deadline)
        elif self._served and not self.reader.buffer:
            self.wait(self.host.idle_deadline)
        else:
            self.wait(self.host.head_deadline)

    def _upgrade(self, head: Head) -> None:
        """Give the connection, and what was read behind the head, to the WebSocket class."""
        self.deaf = True
        self.wait(None)
        self.host.connections.discard(self)
        assert self.host.ws_class is not None
        socket = self.host.ws_class(self._config, self._state, self._app_state)  # type: ignore[call-arg]
        socket.connection_made(self.transport)
        if isinstance(socket, WebSocket):
            socket.seat, self.seat = self.seat, None
            socket.shake(b"GET", head.target, head.headers)
        else:
            if self.seat is not None:
                self.seat.release()  # nobody hears here when another class's socket ends
            socket.data_received(write_clean(head))
        self.transport.set_protocol(socket)
        if self._unread:
            self.transport.resume_reading()
        if self.reader.buffer:
            socket.data_received(bytes(self.reader.buffer))

    # What the exchange asks for: see `exchange.py`.

    def default_headers(self) -> Headers:
        """The server's own headers of every answer: the date."""
        return self._state.default_headers

    def may_stay(self) -> bool:
        """Whether what is left of the request is so little that it can be read and dropped."""
        body = self.reader.body
        if body is None:
            return True
        waits = self.exchange is not None and self.exchange.expects
        return not waits and body.left is not None and body.left <= DROP_MOST

    def answered(self) -> None:
        """Go on to the next request, or hang up."""
        exchange, self.exchange = self.exchange, None
        assert exchange is not None
        self._state.total_requests += 1
        self._served = True
        if self.transport.is_closing():
            return
        if exchange.keep_alive:
            self.advance()
        else:
            hang_up(self)

    # How long it may take, and how it ends: see `lateness.py` and `ending.py`.

    def watch_answer(self) -> None:
        """Have it read from now on at the rate that is asked for."""
        self.unsent = self.transport.get_write_buffer_size()
        self.host.answer_deadline.start(self)

    def wait(self, deadline: Deadline[Line] | None) -> None:
        """Wait for one thing at a time; what is waited for already goes on."""
        if self._deadline is not None:
            if deadline is self._deadline and self in deadline:
                return
            self._deadline.stop(self)
        self._deadline = deadline
        if deadline is not None:
            deadline.start(self)

    def shutdown(self) -> None:
        """Answer what is with the application, and nothing more, because the server stops."""
        if self.exchange is not None and self.reader.body is None:
            self.exchange.keep_alive = False
        elif self.exchange is not None or self.reader.buffer:
            turn_away(self)
        else:
            hang_up(self)
