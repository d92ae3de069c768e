"""Pings for all connections from one timer.

A timer a connection costs 250 bytes and an entry in the loop's heap; here a connection lies in one
of `SLOTS` sets, and one timer goes round, so that each set is visited once an interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

#: 100,000 connections are 1,000 pings a visit, about 3 ms of work.
SLOTS = 100


class Beating(Protocol):
    """A connection that can be asked whether it is alive."""

    def beat(self) -> None:
        """Ping the peer, or give up on one that has said nothing since the last ping."""


class Heartbeat:
    """Calls `beat` of every member once in `interval` seconds; None never does."""

    __slots__ = ("_interval", "_loop", "_members", "_place", "_slots", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, interval: float | None) -> None:
        self._loop = loop
        self._interval = interval
        self._slots: list[set[Beating]] = [set() for _ in range(SLOTS)]
        self._place = 0
        self._members = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, member: Beating) -> int:
        """Take a member into the round; returns the place that `remove` wants back."""
        # The slot just visited: its next visit is a whole interval away.
        place = self._place
        self._slots[place].add(member)
        self._members += 1
        if self._timer is None:
            self._arm()
        return place

    def remove(self, member: Beating, place: int) -> None:
        """Let a member go."""
        self._slots[place].discard(member)
        self._members -= 1
        if not self._members and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        if self._interval:
            self._timer = self._loop.call_later(self._interval / SLOTS, self._visit)

    def _visit(self) -> None:
        self._arm()
        self._place = (self._place + 1) % SLOTS
        for member in tuple(self._slots[self._place]):
            member.beat()
