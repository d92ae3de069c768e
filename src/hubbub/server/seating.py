"""The limits on connections, counted from the moment that they are made.

`HUBBUB_MAX_CONNECTIONS` counts all of a process; `HUBBUB_MAX_CONNECTIONS_PER_ADDRESS` those of one
address, silent ones too. A connection of a proxy that is believed counts for the proxy's address
until a request on it says for whom it is; from then on it counts for no address here, and its
WebSocket for the client's, at the door (`sockets/door.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub import conf
from hubbub.errors import OverloadedError, RateLimitedError
from hubbub.limits.ledger import Seats
from hubbub.limits.network import network_of
from hubbub.observe.events import OVERLOADED
from hubbub.observe.report import report
from hubbub.server.ending import hang_up
from hubbub.server.head import RequestError
from hubbub.server.scope import address_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Container, Iterable

    from hubbub.server.answer import Headers
    from hubbub.server.line import Line

#: Connections over a limit that are heard for `SURPLUS_SECONDS` (`host.py`), so that their requests
#: are answered 503 or 429; those over this number are cut at once.
SURPLUS_MOST = 100
#: When a refused client may try again: at the whole limit, at the limit of its own address.
BUSY_SECONDS = 1
RETRY_SECONDS = 60
ALL = "all"
FORWARDED = b"x-forwarded-for"


class Seating:
    """The seats of one server. `proxies` are believed; `idle` are connections without a request."""

    def __init__(self, proxies: Container[str], idle: Callable[[], Iterable[Line]]) -> None:
        self.proxies = proxies
        self.seats = Seats()
        self.surplus = 0
        self._idle = idle

    def take(self, transport: asyncio.Transport) -> Seat | None:
        """A seat for a new connection, None where nothing is limited."""
        settings = conf.current()
        most, by_address = settings.max_connections, settings.max_connections_per_address
        if most is None and by_address is None:
            return None
        seat = Seat(self, address_of(transport))
        if not self._hold(seat, ALL, most):
            seat.refusal = RequestError(503, OverloadedError.sentence, BUSY_SECONDS)
        elif seat.address and not self._hold(seat, seat.address, by_address):
            seat.refusal = RequestError(429, RateLimitedError.sentence, RETRY_SECONDS)
        self.surplus += seat.refusal is not None
        if seat.too_much:
            report(OVERLOADED, "connections cut at once", address=address_of(transport))
        return seat

    def _hold(self, seat: Seat, key: str, cap: int | None) -> bool:
        held = self.seats.take(key, cap) or (self._make_room(key) and self.seats.take(key, cap))
        if held:
            seat.keys.append(key)
        return held

    def _make_room(self, key: str) -> bool:
        """Close the connection that has been idle for longest, among those with the same key."""
        for sitting in self._idle():
            if sitting.seat is not None and key in sitting.seat.keys:
                sitting.seat.release()
                hang_up(sitting)
                return True
        return False


class Seat:
    """What one connection holds; `refusal` is the answer to its request if there is no room."""

    __slots__ = ("_believed", "_seating", "address", "keys", "refusal")

    def __init__(self, seating: Seating, host: str) -> None:
        self._seating = seating
        self._believed = host in seating.proxies
        self.address = network_of(host)
        self.keys: list[str] = []
        self.refusal: RequestError | None = None

    @property
    def too_much(self) -> bool:
        """Whether there is no room even to hear what it wants."""
        return self.refusal is not None and self._seating.surplus > SURPLUS_MOST

    def admit(self, headers: Headers) -> None:
        """Let a request pass. Raises the refusal."""
        if self._believed and any(name == FORWARDED for name, _ in headers):
            self._leave_address()
        if self.refusal is not None:
            raise self.refusal

    def _leave_address(self) -> None:
        self._believed = False
        if self.address in self.keys:
            self.keys.remove(self.address)
            self._seating.seats.give_back(self.address)
        elif ALL in self.keys and self.refusal is not None:
            self._seating.surplus -= 1
            self.refusal = None

    def release(self) -> None:
        """Give all back."""
        self._seating.surplus -= self.refusal is not None
        self.refusal = None
        keys, self.keys = self.keys, []
        for key in keys:
            self._seating.seats.give_back(key)
