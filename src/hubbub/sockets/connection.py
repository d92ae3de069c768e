"""The life of one connection between its opening and its end, whatever server carries it."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hubbub.accounts.caller import who
from hubbub.accounts.grants import local_grants
from hubbub.errors import InvalidFormatError, RateLimitedError, Refusal
from hubbub.fanout.dialect import EXTENDED, PLAIN, Dialect
from hubbub.journal.line import Sender, owner_of
from hubbub.limits.bucket import Bucket
from hubbub.limits.rates import check_rates
from hubbub.observe.events import CONNECTION_FAILED, JOINED, LEFT, REQUEST_REFUSED
from hubbub.observe.report import report, report_refusal
from hubbub.sockets.failures import HangUp, check_size, error_frame, not_signed_in
from hubbub.sockets.ping import PING_SECONDS, PONG, is_ping
from hubbub.sockets.query import Query
from hubbub.wire.closes import INTERNAL_ERROR, RATE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubbub.accounts.caller import Caller
    from hubbub.conf import Rate, Settings
    from hubbub.errors import UnauthenticatedError
    from hubbub.fanout.outlet import Outlet
    from hubbub.observe.events import Event
    from hubbub.wire.closes import Close

T = TypeVar("T")

#: Refusals in a minute after which a client that does not slow down is sent away with 4429.
PATIENCE = 100
PATIENCE_SECONDS = 60.0


class Consumer(Protocol):
    """What an endpoint does on one connection. All is called on its loop, nothing may wait."""

    def streams(self) -> Sequence[str]:
        """Whose events the connection will hear, always the same: it is a member all along."""

    async def admit(self) -> None:
        """Ask whether the caller may enter, before it is accepted: then it misses nothing.

        Raises HangUp where it may not, and OverloadedError where that cannot be known; then it
        holds nothing.
        """

    def open(self) -> None:
        """Send the first frames and join, now that each stream has a place; may raise HangUp."""

    def receive(self, payload: str | bytes) -> None:
        """Do what a message asks; a Refusal becomes an error frame."""

    def extend(self) -> None:
        """A ping was answered; once all before it is done, the connection is extended."""

    def extended(self) -> None:
        """Be told of added types too, in the connection's dialect."""

    def review(self) -> None:
        """Find out anew what the caller may."""

    def leave(self) -> None:
        """Leave every group. Called once, also where `open` hung up."""


class Seat(Protocol):
    """What a connection holds as long as it lasts."""

    def release(self) -> None:
        """Give all back."""


class Connection:
    """One WebSocket: who is on it, what it may still send, and its way out."""

    __slots__ = (
        "_bucket",
        "_consumer",
        "_early",
        "_patience",
        "_pings",
        "_seat",
        "_sender",
        "address",
        "caller",
        "count_apart",
        "extended",
        "outlet",
        "path",
        "peer",
        "query",
        "settings",
    )

    def __init__(
        self,
        *,
        outlet: Outlet,
        caller: Caller,
        address: str,
        peer: str = "",
        path: str = "",
        extended: bool,
        query: bytes,
        settings: Settings,
        seat: Seat,
    ) -> None:
        self.outlet = outlet
        self.caller = caller
        #: What counts as one address for the limits, and the address itself.
        self.address = address
        self.peer = peer
        self.path = path
        #: Whether a frame is no message, and was counted as something else.
        self.count_apart: Callable[[str | bytes], bool] | None = None
        self.extended = extended
        self.query = query
        self.settings = settings
        self._seat: Seat | None = seat
        self._consumer: Consumer | None = None
        #: What came with the handshake, `server.host.QUEUE_HIGH` messages at most; None later.
        self._early: tuple[str | bytes, ...] | None = ()
        self._bucket: Bucket | None = None
        self._patience: Bucket | None = None
        self._pings: Bucket | None = None
        self._sender: Sender | None = None

    def give(self, consumer: Consumer) -> None:
        """Give the connection to an endpoint, which leaves at its end."""
        self._consumer = consumer

    def open(self) -> None:
        """Begin, unless it is over already."""
        consumer = self._consumer
        if consumer is None:
            return
        if self.caller.grant is not None:
            local_grants().enter(self.caller.grant, self)
        try:
            consumer.open()
            self.note(JOINED)
        except Exception as error:  # noqa: BLE001 - as in `received`
            self.fail(error)
        early, self._early = self._early, None
        for payload in early or ():
            self.received(payload)

    def ask(self, read: Callable[[Query], T]) -> T:
        """What a client asks for in its path; an error tells it of what could not be read."""
        query = Query(self.query)
        asked = read(query)
        if query.faulty:
            self.fail(InvalidFormatError())
        return asked

    async def room(self) -> None:
        """Nothing comes before."""

    @property
    def dialect(self) -> Dialect:
        """How it is told what its groups are told."""
        return EXTENDED if self.extended else PLAIN

    @property
    def sender(self) -> Sender:
        """Whose turn it is where something of this connection is to be stored."""
        if self._sender is None:
            self._sender = Sender(owner_of(who(self.caller, self.address)))
        return self._sender

    def send(self, frame: bytes) -> None:
        """Write a frame to this connection alone."""
        self.outlet.write(frame)

    def received(self, payload: str | bytes) -> None:
        """Take a client's message: limits first, then the endpoint, refusals as frames."""
        consumer = self._consumer
        if self._early is not None:
            self._early += (payload,)
            return
        if consumer is None:
            return
        try:
            check_size(payload, self.settings.max_frame)
            # Nearly no message has the word in it, and to look for it takes 0.1 µs.
            word = '"ping"' if isinstance(payload, str) else b'"ping"'
            if word in payload and is_ping(payload):  # type: ignore[operator]
                self._answer_ping(consumer)
            else:
                self._check_rates(payload)
                consumer.receive(payload)
        except Exception as error:  # noqa: BLE001 - the place where they all become frames
            self.fail(error, payload)

    def extend(self) -> None:
        """From now on the client gets frames of added types."""
        if self._consumer is not None and not self.extended:
            self.extended = True
            self._consumer.extended()

    def fail(self, error: Exception, payload: str | bytes = b"") -> None:
        """Tell the client of an error in the published way; an unforeseen one is logged, 1011."""
        if isinstance(error, Refusal):
            self.refuse(error, payload)
        elif isinstance(error, HangUp):
            self.hang_up(error)
        else:
            self.note(CONNECTION_FAILED, type(error).__name__, error=error)
            self.outlet.close(INTERNAL_ERROR)

    def refuse(self, refusal: Refusal, payload: str | bytes = b"", stream: str = "") -> None:
        """Tell of a refusal of what `payload` asks, or of a stream that nobody asked for."""
        user = self.caller.user_id
        report_refusal(refusal, REQUEST_REFUSED, path=self.path, address=self.peer, user=user)
        self.send(error_frame(refusal, payload, stream))

    def note(self, event: Event, reason: str = "", **fields: Any) -> None:
        """Log what happens to the connection."""
        user = self.caller.user_id
        report(event, reason, path=self.path, address=self.peer, user=user, **fields)

    def hang_up(self, goodbye: HangUp) -> None:
        """Say why, and close."""
        self._early = None
        if goodbye.refusal is not None:
            self.refuse(goodbye.refusal)
        self.outlet.close(goodbye.close)

    def end(self, refusal: UnauthenticatedError) -> None:
        """End the connection of a user who is signed in no longer."""
        self.hang_up(not_signed_in(refusal))

    def know_staff(self, *, is_staff: bool) -> None:
        """Have it found out anew what the caller may, where it is staff now or is no more."""
        if is_staff != self.caller.is_staff and self._consumer is not None:
            self.caller = replace(self.caller, is_staff=is_staff)
            self._consumer.review()

    def close(self, close: Close) -> None:
        """End the connection."""
        self.outlet.close(close)

    def closed(self, code: int) -> None:
        """Leave everything behind, once."""
        self._early = None
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            self.note(LEFT, code=code)
        seat, self._seat = self._seat, None
        if self.caller.grant is not None:
            local_grants().leave(self.caller.grant, self)
        try:
            if consumer is not None:
                consumer.leave()
        finally:
            if seat is not None:
                seat.release()

    def _answer_ping(self, consumer: Consumer) -> None:
        """Answer at once, whatever the client still waits for. Raises RateLimitedError, HangUp."""
        now = monotonic()
        self._pings = self._pings or Bucket(1, now)
        if wait := self._pings.take(1, PING_SECONDS, now):
            self._lose_patience()
            raise RateLimitedError(wait, "pings")
        self.send(PONG)
        consumer.extend()

    def _check_rates(self, payload: str | bytes) -> None:
        settings = self.settings
        if self.count_apart is not None and self.count_apart(payload):
            return
        try:
            if settings.rate_limit is not None:
                self._check_own(settings.rate_limit)
            check_rates(settings, self.caller.user_id, self.address)
        except RateLimitedError:
            self._lose_patience()
            raise

    def _check_own(self, rate: Rate) -> None:
        now = monotonic()
        if self._bucket is None:
            self._bucket = Bucket(rate.amount, now)
        if wait := self._bucket.take(rate.amount, rate.seconds, now):
            raise RateLimitedError(wait, "connection")

    def _lose_patience(self) -> None:
        """Count one more message that came too early. Raises HangUp when it is one too many."""
        now = monotonic()
        self._patience = self._patience or Bucket(PATIENCE, now)
        if self._patience.take(PATIENCE, PATIENCE_SECONDS, now):
            raise HangUp(RATE_LIMIT)
