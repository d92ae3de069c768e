"""Numbered streams in memory: each event of a stream has a seq, 1, 2, 3 … without gaps.

A stream's epoch changes only when its numbering is lost: here, when the process ends or the stream
is forgotten because about `STREAMS` others were begun since it was last used.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

#: Streams remembered at most, about 300 bytes each.
STREAMS = 100_000

T = TypeVar("T")


class Stream:
    """The events up to `seq`, in the numbering named `epoch`."""

    __slots__ = ("epoch", "seq", "used")

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.seq = 0
        self.used = False


class Streams:
    """The streams of one process. Safe between threads."""

    def __init__(
        self, limit: int = STREAMS, new_epoch: Callable[[], str] = lambda: secrets.token_hex(4)
    ) -> None:
        self._limit = limit
        self._new_epoch = new_epoch
        self._streams: OrderedDict[str, Stream] = OrderedDict()
        # Re-entrant, so that what is told inside may itself look at a stream.
        self._lock = RLock()

    def append(self, name: str, tell: Callable[[int], T]) -> T:
        """Number one event and tell it; no other event of any stream is told meanwhile.

        `tell(seq)` publishes, and what it returns is returned; if it raises, the number is not
        used up.
        """
        with self._lock:
            stream = self._find(name)
            told = tell(stream.seq + 1)
            stream.seq += 1
        return told

    def read(self, name: str, look: Callable[[int, str], T]) -> T:
        """Call `look(seq, epoch)` with where the stream stands, while nothing is appended.

        What is read and joined inside is one moment: no event falls between, or is seen twice.
        """
        with self._lock:
            stream = self._find(name)
            return look(stream.seq, stream.epoch)

    def _find(self, name: str) -> Stream:
        stream = self._streams.get(name)
        if stream is None:
            return self._begin(name)
        stream.used = True
        return stream

    def _begin(self, name: str) -> Stream:
        # The oldest goes, unless it was used again since it was last looked at here: who only makes
        # up names cannot have the numbering of a busy room forgotten. Moving a name to the end at
        # each use would cost every message what this costs a new stream.
        while len(self._streams) >= self._limit:
            oldest, stream = self._streams.popitem(last=False)
            if stream.used:
                stream.used = False
                self._streams[oldest] = stream
        stream = self._streams[name] = Stream(self._new_epoch())
        return stream


streams = Streams()
