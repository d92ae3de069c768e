"""Numbered streams in memory: each event of a stream has a seq, 1, 2, 3 … without gaps.

A stream's epoch changes only when its numbering is lost: here, when the process ends or the stream
is forgotten because more than `STREAMS` others were used since.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

#: Streams remembered at most, about 300 bytes each.
STREAMS = 100_000


class Position(NamedTuple):
    """A place in a stream: the events up to `seq`, in the numbering named `epoch`."""

    seq: int
    epoch: str


class Streams:
    """The streams of one process. Safe between threads."""

    def __init__(
        self, limit: int = STREAMS, new_epoch: Callable[[], str] = lambda: secrets.token_hex(4)
    ) -> None:
        self._limit = limit
        self._new_epoch = new_epoch
        self._positions: OrderedDict[str, Position] = OrderedDict()
        # Re-entrant, so that what is told inside may itself look at a stream.
        self._lock = RLock()

    def append(self, stream: str, tell: Callable[[int], None]) -> int:
        """Number one event and tell it; no other event of any stream is told meanwhile.

        `tell(seq)` publishes; if it raises, the number is not used up. Returns the seq.
        """
        with self._lock:
            position = self._position(stream)
            seq = position.seq + 1
            tell(seq)
            self._positions[stream] = Position(seq, position.epoch)
            self._positions.move_to_end(stream)
        return seq

    def read(self, stream: str, look: Callable[[Position], None]) -> None:
        """Call `look` with the stream's position while nothing is appended.

        What is read and joined inside is one moment: no event falls between, or is seen twice.
        """
        with self._lock:
            look(self._position(stream))

    def _position(self, stream: str) -> Position:
        position = self._positions.get(stream)
        if position is None:
            position = self._positions[stream] = Position(0, self._new_epoch())
            if len(self._positions) > self._limit:
                self._positions.popitem(last=False)
        return position


streams = Streams()
