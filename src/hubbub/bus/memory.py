"""The bus of one process: whoever subscribes hears at once. It is also what others are held to."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubbub.bus.base import Deliver, Event


class MemoryBus:
    """Hands events to every subscriber, in the order in which they were published."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Be as it was when it was made. Waits for no lock, as its holder may not be there."""
        self._subscribers: tuple[Deliver, ...] = ()
        self._lock = Lock()

    def publish(self, events: Sequence[Event]) -> None:
        """Call every subscriber."""
        for deliver in self._subscribers:
            deliver(events)

    def subscribe(self, deliver: Deliver) -> Callable[[], None]:
        """Add a subscriber; returns what ends it."""
        with self._lock:
            self._subscribers = (*self._subscribers, deliver)

        def end() -> None:
            with self._lock:
                self._subscribers = tuple(
                    other for other in self._subscribers if other is not deliver
                )

        return end
