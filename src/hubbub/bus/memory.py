"""The bell of one process: each ear hears at once. It is also what others are held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.bus.base import Doorbell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.bus.base import Event


class MemoryBus(Doorbell):
    """Hands events to every ear, in the order in which they were published."""

    def publish(self, events: Sequence[Event]) -> None:
        """Tell every ear."""
        self.ring(events)
