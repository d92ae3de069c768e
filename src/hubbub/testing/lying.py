"""A bus that loses, repeats and reorders, as a bus is allowed to; seeded, and when it is asked."""

from __future__ import annotations

from contextlib import contextmanager
from random import Random
from threading import Lock
from typing import TYPE_CHECKING

from hubbub.bus.memory import MemoryBus
from hubbub.journal.bells import bells

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubbub.bus.base import Event

#: How often an eager one delivers something when it is asked to publish.
AT_ONCE = 0.5


class LyingBus(MemoryBus):
    """Keeps what is published until `deliver_some`, or lies at once if `eager`."""

    def __init__(
        self, random: Random, *, loss: float = 0.2, repeat: float = 0.2, eager: bool = False
    ) -> None:
        super().__init__()
        self._random = random
        self._loss = loss
        self._repeat = repeat
        self._eager = eager
        self._keeping = Lock()
        self._kept: list[Event] = []

    def publish(self, events: Sequence[Event]) -> None:
        """Take events, and perhaps deliver some."""
        with self._keeping:
            self._kept += events
        if self._eager and self._random.random() < AT_ONCE:
            self.deliver_some()

    def deliver_some(self) -> None:
        """Deliver some of what is kept, in any order; lose some of it, and keep some for later."""
        with self._keeping:
            random = self._random
            random.shuffle(self._kept)
            cut = random.randint(0, len(self._kept))
            chosen, self._kept = self._kept[:cut], self._kept[cut:]
            told = [event for event in chosen if random.random() >= self._loss]
            self._kept += [event for event in told if random.random() < self._repeat]
        if told:
            super().publish(told)

    def lose_all(self) -> None:
        """Deliver nothing of what is kept."""
        with self._keeping:
            self._kept.clear()


class TellTale(LyingBus):
    """A lying bus, after each lie of which all look at the table, as a real one has them."""

    def publish(self, events: Sequence[Event]) -> None:
        """Lie at once."""
        super().publish(events)
        self.wake()


@contextmanager
def lies(seed: int = 0, *, loss: float = 0.2, repeat: float = 0.2) -> Iterator[LyingBus]:
    """Have this process lose, repeat and reorder its doorbells: every member hears all, in order.

    With the same seed it lies in the same way.
    """
    bus = TellTale(Random(seed), loss=loss, repeat=repeat, eager=True)  # noqa: S311 - no secret
    honest = bells.carry_by(bus)
    try:
        yield bus
    finally:
        if bells.carrier is bus:  # else all was made anew meanwhile
            bells.carry_by(honest)
