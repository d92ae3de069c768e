"""The seam between processes: doorbells, by which each hears of what all have stored.

A bell may lose, repeat and reorder what it likes: what a process misses it finds in the table
(`journal/followers.py`). So an adapter is as small as its network or database allows.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper


class Event(Struct, frozen=True, gc=False):
    """One stored event, as its stream's members get it. `epoch` names the numbering of `seq`.

    `mark` is its own, and `before` that of the event before it (`journal/marks.py`). `added` and
    `value` say what it means beside its bytes (`journal/entry.py`, `Telling`).
    """

    stream: str
    epoch: str
    seq: int
    frame: bytes
    mark: int = 0
    before: int = 0
    added: bool = False
    value: int = 0


class Ear(Protocol):
    """What hears a bell. Both are called from any thread, and return at once."""

    def ring(self, events: Sequence[Event]) -> None:
        """Take events that were stored."""

    def wake(self) -> None:
        """Look at the table: it may have more than was rung for."""


class Doorbell:
    """One way by which processes hear of each other's commits; this one reaches nobody.

    An adapter does those of the five things to which it has something to add, and calls `ring` and
    `wake`, by which its ears are told. So a bell is itself an ear, of others.
    """

    def __init__(self) -> None:
        #: Replaced whole, so that it may be read without the lock.
        self._ears: tuple[Ear, ...] = ()
        self._lock = Lock()

    def announce(self, connection: BaseDatabaseWrapper) -> None:
        """Have others woken by the commit of the open transaction. Raises DatabaseError."""

    def publish(self, events: Sequence[Event]) -> None:
        """Bring what was committed to every ear that is reached, one's own included.

        From any thread; never waits, and never raises for a process that is gone.
        """

    def listen(self, ear: Ear) -> Callable[[], None]:
        """Have an ear told from now on; call what is returned to end that."""
        with self._lock:
            self._ears = (*self._ears, ear)

        def end() -> None:
            with self._lock:
                self._ears = tuple(other for other in self._ears if other is not ear)

        return end

    def start(self) -> None:
        """Begin to hear others, if that needs a thread or a connection and there is none."""

    def close(self) -> None:
        """End that; it may start again."""

    def ring(self, events: Sequence[Event]) -> None:
        """Bring events to every ear here."""
        for ear in self._ears:
            ear.ring(events)

    def wake(self) -> None:
        """Wake every ear here."""
        for ear in self._ears:
            ear.wake()
