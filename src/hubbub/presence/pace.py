"""How often a crowd is told about itself. Arithmetic only: time comes in as an argument."""

from __future__ import annotations

#: Joins or leaves of a second that are told one by one.
LIMIT = 20


class Storm:
    """Lets the first `limit` events of a second be told one by one, and holds the rest back.

    While it holds, somebody must call `collect` once a second; it says how many to tell as one.
    It goes on holding until a second has brought no more than `limit`.
    """

    __slots__ = ("_held", "_limit", "_since", "_told", "holding")

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._since = 0.0
        self._told = 0
        self._held = 0
        self.holding = False

    def let_through(self, now: float) -> bool:
        """Count one event; True if it is to be told by itself."""
        if self.holding:
            self._held += 1
            return False
        if now - self._since >= 1.0:
            self._since, self._told = now, 0
        if self._told < self._limit:
            self._told += 1
            return True
        self.holding = True
        self._held = 1
        return False

    def collect(self) -> int:
        """End a second of holding: the number held back in it."""
        held, self._held = self._held, 0
        self.holding = held > self._limit
        return held


class Throttle:
    """At most one telling in `interval` seconds; the last one always comes."""

    __slots__ = ("_interval", "_last", "waiting")

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._last = float("-inf")
        self.waiting = False

    def delay(self, now: float) -> float | None:
        """Seconds until the change may be told (0.0: now); None if a telling is waited for."""
        if self.waiting:
            return None
        wait = self._last + self._interval - now
        if wait <= 0.0:
            self._last = now
            return 0.0
        self.waiting = True
        return wait

    def told(self, now: float) -> None:
        """The telling that was waited for happens now."""
        self.waiting = False
        self._last = now
