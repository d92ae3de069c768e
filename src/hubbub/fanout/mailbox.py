"""The queue of one channel: bounded, with expiry, safe between threads and event loops."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from threading import Lock
from typing import Any

from channels.exceptions import ChannelFull

Event = dict[str, Any]
Waiter = tuple[asyncio.AbstractEventLoop, "asyncio.Future[None]"]


def wake(future: asyncio.Future[None]) -> None:
    """Resolve a waiter that was not cancelled meanwhile."""
    if not future.done():
        future.set_result(None)


class Mailbox:
    """Events that wait for whoever receives on a channel; `capacity` of them at most.

    `receivers` is for its keeper to count, so that it forgets none that somebody is about to use.
    """

    def __init__(self, capacity: int) -> None:
        self.receivers = 0
        self._capacity = capacity
        self._events: deque[tuple[float, Event]] = deque()
        self._waiters: deque[Waiter] = deque()
        self._lock = Lock()

    def put(self, event: Event, expires: float) -> None:
        """Add an event that is good until `expires`. Raises ChannelFull."""
        with self._lock:
            if len(self._events) >= self._capacity:
                raise ChannelFull
            self._events.append((expires, event))
            self._wake_one()

    async def get(self) -> Event:
        """Wait for the oldest event; each goes to one receiver."""
        while True:
            with self._lock:
                if self._events:
                    return self._events.popleft()[1]
                loop = asyncio.get_running_loop()
                waiter: Waiter = (loop, loop.create_future())
                self._waiters.append(waiter)
            try:
                await waiter[1]
            except asyncio.CancelledError:
                self._give_up(waiter)
                raise

    def drop_expired(self, now: float) -> int:
        """Forget the events that are out of date; returns how many."""
        dropped = 0
        with self._lock:
            while self._events and self._events[0][0] <= now:
                self._events.popleft()
                dropped += 1
        return dropped

    def clear(self) -> None:
        """Forget all events."""
        with self._lock:
            self._events.clear()

    def idle(self) -> bool:
        """Whether there is nothing in it and nobody receives from it."""
        return not self._events and not self.receivers

    def _wake_one(self) -> None:
        while self._waiters:
            loop, future = self._waiters.popleft()
            with suppress(RuntimeError):  # its thread may close the loop at any moment
                loop.call_soon_threadsafe(wake, future)
                return

    def _give_up(self, waiter: Waiter) -> None:
        """Leave the line; one that was already woken passes its turn on."""
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            elif self._events:
                self._wake_one()
