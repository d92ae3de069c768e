"""What hears a bell in these tests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubbub.bus.base import Event

DEADLINE = 60.0


class Ear:
    """Notes what it hears, and how often it is woken."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.woken = 0

    def ring(self, events) -> None:
        self.heard += events

    def wake(self) -> None:
        self.woken += 1

    @property
    def told(self) -> bool:
        """Whether it knows that there is more in the table."""
        return bool(self.heard or self.woken)

    def forget(self) -> None:
        self.heard, self.woken = [], 0

    def hear(self, number: int) -> list[Event]:
        """What was heard, once it is as much as that."""
        until(lambda: len(self.heard) >= number)
        return self.heard


class Places(list[tuple[str, int]]):
    """What was heard: stream and seq."""

    def ring(self, events) -> None:
        self += [(one.stream, one.seq) for one in events]

    def wake(self) -> None:
        pass


def until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds, or it takes too long."""
    deadline = time.monotonic() + DEADLINE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)
