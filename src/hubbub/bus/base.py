"""The seam between processes: a doorbell that usually carries the bytes along.

A bus may lose, repeat and reorder what it likes: a process that misses something finds it in
the table (`journal/followers.py`). So an adapter is as small as its network allows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol


class Event(NamedTuple):
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


Deliver = Callable[[Sequence[Event]], None]


class Bus(Protocol):
    """What a process rings, and by which it hears what all ring, itself included."""

    def publish(self, events: Sequence[Event]) -> None:
        """Ring, from any thread; never waits, and never raises for a process that is gone."""

    def subscribe(self, deliver: Deliver) -> Callable[[], None]:
        """Have `deliver` called, from any thread; call what is returned to end that."""
