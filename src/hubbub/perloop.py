"""What there is once an event loop, for those who run on it and for other threads."""

from __future__ import annotations

import asyncio
import os
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    Loop = asyncio.AbstractEventLoop

T = TypeVar("T")


class PerLoop(Generic[T]):
    """One for each event loop, which `make(loop)` makes when it is first asked for there."""

    def __init__(self, make: Callable[[Loop], T]) -> None:
        self._make = make
        #: Replaced whole, so that it may be read without the lock.
        self._all: tuple[tuple[Loop, T], ...] = ()
        self._process = os.getpid()
        self._lock = Lock()

    def __bool__(self) -> bool:
        """Whether there is one, or was."""
        return bool(self._all)

    def here(self) -> T:
        """The running loop's. Raises RuntimeError without a loop."""
        loop = asyncio.get_running_loop()
        found = self.find(loop)
        return self.add(loop, self._make(loop)) if found is None else found

    def find(self, loop: Loop) -> T | None:
        """A loop's, None if nobody has asked for it there."""
        for other, one in self._all:
            if other is loop:
                return one
        return None

    def add(self, loop: Loop, one: T) -> T:
        """Have a loop's be this one, which is returned; those of closed loops are forgotten."""
        with self._lock:
            self._all = (*(old for old in self._all if not old[0].is_closed()), (loop, one))
        return one

    def alive(self) -> list[T]:
        """Those whose loop is not closed, as far as another thread can tell: it may be any time."""
        return [one for loop, one in self._all if not loop.is_closed()]

    def only(self) -> T | None:
        """The one that there is, if its loop is not closed, and there is no other."""
        known = self._all
        return known[0][1] if len(known) == 1 and not known[0][0].is_closed() else None

    def forget(self) -> None:
        """Let go of all but those whose loop runs in this process: a server has people there."""
        here = os.getpid()
        running = (known for known in self._all if known[0].is_running())
        # A child has its parent's loops only by name.
        self._all = tuple(running) if self._process == here else ()
        self._process, self._lock = here, Lock()
