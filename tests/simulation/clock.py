"""Time that is a number: event loops that never wait, run in turn by one clock.

Each thread of each simulated process is a loop of its own. The clock runs whatever is due, and when
nothing is, it moves on to what is due next. A loop that is held (its process is stopped, or busy)
is passed over until then, while the rest of the world goes on.
"""

from __future__ import annotations

import asyncio
import warnings
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


class NoSelector:
    """Finds no sockets, and does not wait for any."""

    def select(self, timeout: float | None) -> list[Any]:
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop in the time of a clock."""

    def __init__(self, clock: Clock, name: str) -> None:
        super().__init__()
        self.name = name
        self.held_until = 0.0
        #: Gives the seconds that a turn takes; None where it takes none.
        self.lag: Callable[[], float] | None = None
        #: The followers that run on it, and what was told Channels consumers, where it does that.
        self.followers: Any = None
        self.relayed: list[str] | None = None
        #: What was raised where nobody awaits it.
        self.raised: list[str] = []
        self._clock = clock
        self._selector = NoSelector()
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return self._clock.now

    def due(self) -> float:
        """When there is something to do; never, if nothing waits."""
        if self._ready:
            return max(self._clock.now, self.held_until)
        if self._scheduled:
            return max(self._scheduled[0].when(), self.held_until)
        return inf

    def turn(self) -> None:
        """Run once what is ready now."""
        self.stop()
        self.run_forever()
        if self.lag is not None:
            self.held_until = max(self.held_until, self._clock.now + self.lag())

    def end(self) -> None:
        """Close, with all that was begun left as it is, as when a process dies."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # never begun, never awaited
            for task in asyncio.all_tasks(self):
                task._log_destroy_pending = False
                with suppress(Exception):
                    task.get_coro().close()
            self.close()

    def _note(self, _: object, context: dict[str, Any]) -> None:
        if not self.is_closed():
            self.raised.append(f"{context['message']}: {context.get('exception')!r}")

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


class Clock:
    """Runs loops in the order of what is due, up to a given time."""

    def __init__(self, random: Random) -> None:
        self.now = 0.0
        self._random = random
        self._loops: list[VirtualLoop] = []

    def loop(self, name: str) -> VirtualLoop:
        """A new loop."""
        loop = VirtualLoop(self, name)
        # Where two are due at once, chance decides who goes first.
        self._loops.insert(self._random.randint(0, len(self._loops)), loop)
        return loop

    def forget(self, loop: VirtualLoop) -> None:
        """A loop whose process died: whatever it still had to do is never done."""
        self._loops.remove(loop)
        loop.end()

    def run(self, until: float) -> None:
        """Let the time pass."""
        while True:
            due, first = inf, None
            for loop in self._loops:
                when = loop.due()
                if when < due:
                    due, first = when, loop
            if first is None or due > until:
                break
            self.now = max(self.now, due)
            first.turn()
        self.now = until

    def close(self) -> None:
        """Close all loops."""
        for loop in self._loops:
            loop.end()
