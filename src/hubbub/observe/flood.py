"""At most one line a minute and kind, with a count of what was held back. No clock, no thread.

Of each kind the first is told at once. What follows within `WINDOW` is counted, and its first kept
as a sample, which is told with the count when the window ends.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

T = TypeVar("T")

#: Seconds in which one line of a kind is told.
WINDOW = 60.0
#: Kinds that are told apart; the others of a kind's `family` are then one kind.
KINDS = 256


class Window(Generic[T]):
    """What became of one kind since its last line."""

    __slots__ = ("end", "held", "sample")

    def __init__(self, end: float) -> None:
        self.end = end
        self.held = 0
        self.sample: T | None = None


class Flood(Generic[T]):
    """The kinds of a process, and one window for each."""

    def __init__(self) -> None:
        self._windows: dict[Hashable, Window[T]] = {}
        self._lock = Lock()

    def admit(self, family: Hashable, kind: Hashable, now: float) -> Window[T] | None:
        """None if it is to be told at once, else the window in which it was counted."""
        with self._lock:
            window = self._windows.get((family, kind))
            if window is None and self._is_full(now):
                kind = None
                window = self._windows.get((family, kind))
            if window is None or (now >= window.end and not window.held):
                self._windows[family, kind] = Window(now + WINDOW)
                return None
            window.held += 1
            return window

    def _is_full(self, now: float) -> bool:
        """Whether there is room for no other kind; those that are over make some."""
        if len(self._windows) >= KINDS:
            over = [key for key, one in self._windows.items() if now >= one.end and not one.held]
            for key in over:
                del self._windows[key]
        return len(self._windows) >= KINDS

    def holds(self) -> bool:
        """Whether anything is held back."""
        with self._lock:
            return any(one.held for one in self._windows.values())

    def take_due(self, now: float) -> list[tuple[int, T | None]]:
        """How many were held back in each window that is over, and the sample; then begin anew."""
        with self._lock:
            due = [one for one in self._windows.values() if one.held and now >= one.end]
            told = [(one.held, one.sample) for one in due]
            for one in due:
                one.end, one.held, one.sample = now + WINDOW, 0, None
            return told

    def clear(self) -> None:
        """Forget every kind. Waits for no lock: in a child process its holder may not be there."""
        self._windows, self._lock = {}, Lock()
