"""A bus that loses, repeats and reorders, as a bus is allowed to; seeded, and when it is asked."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from hubbub.bus.memory import MemoryBus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from hubbub.bus.base import Deliver, Event


class LyingBus:
    """Keeps what is published until `deliver_some`, or lies at once if `eager`."""

    def __init__(
        self, random: Random, *, loss: float = 0.2, repeat: float = 0.2, eager: bool = False
    ) -> None:
        self._random = random
        self._loss = loss
        self._repeat = repeat
        self._eager = eager
        self._honest = MemoryBus()
        self._lock = Lock()
        self._kept: list[Event] = []

    def publish(self, events: Sequence[Event]) -> None:
        """Take events, and perhaps deliver some."""
        with self._lock:
            self._kept += events
        if self._eager and self._random.random() < 0.5:
            self.deliver_some()

    def subscribe(self, deliver: Deliver) -> Callable[[], None]:
        """Add a subscriber; returns what ends it."""
        return self._honest.subscribe(deliver)

    def deliver_some(self) -> None:
        """Deliver some of what is kept, in any order; lose some of it, and keep some for later."""
        with self._lock:
            random = self._random
            random.shuffle(self._kept)
            cut = random.randint(0, len(self._kept))
            chosen, self._kept = self._kept[:cut], self._kept[cut:]
            told = [event for event in chosen if random.random() >= self._loss]
            self._kept += [event for event in told if random.random() < self._repeat]
        if told:
            self._honest.publish(told)

    def lose_all(self) -> None:
        """Deliver nothing of what is kept."""
        with self._lock:
            self._kept.clear()
