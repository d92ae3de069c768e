"""How far a stream has been told here: what comes next, what comes again, what is missing.

No I/O, no clock: events are offered as they come, and those whose turn it is are returned. One is
told only after that which it was stored after: their marks say so (`marks.py`), for a table that
lost its end may have given the numbers since to other events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubbub.journal.marks import UNKNOWN, differ, mark_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.bus.base import Event
    from hubbub.journal.entry import Row
    from hubbub.journal.read import Extent

#: Events kept while an earlier one is missing; the table has the rest.
HELD = 1000

#: What is told, in order.
Turn = list["Event"]


class Tip(NamedTuple):
    """What was told last, and whether something has come that was not stored after it."""

    seq: int
    mark: int
    doubted: bool

    def is_gone(self, where: Extent) -> bool:
        """Whether a stream, of the same numbering, ends before it or with something else."""
        same = where.last_seq == self.seq
        return where.last_seq < self.seq or (same and differ(where.mark, self.mark))

    def is_denied(self, rows: Sequence[Row]) -> bool:
        """Whether rows that begin at its seq have something else there, or nothing any more.

        Nothing is no reason alone: it may have been pruned.
        """
        found = mark_in(rows, self.seq)
        return self.doubted if found == UNKNOWN else differ(found, self.mark)


class Follower:
    """The last seq told of one stream. Until `settle`, nobody knows it, and all is held."""

    __slots__ = ("_held", "doubted", "epoch", "mark", "members", "newest", "told")

    def __init__(self, members: int = 0) -> None:
        self.told: int | None = None
        #: Of `told`.
        self.mark = UNKNOWN
        #: Whether something came that was not stored after `told`: the table knows which is true.
        self.doubted = False
        #: Of the numbering; until `settle`, of what is held.
        self.epoch = ""
        self.members = members
        #: The highest seq that is known to exist.
        self.newest = 0
        self._held: dict[int, Event] = {}

    @property
    def behind(self) -> bool:
        """Whether something that exists has not been told, or what was told is doubted."""
        return self.told is not None and (self.newest > self.told or self.doubted)

    @property
    def tip(self) -> Tip:
        """What was told last, as it is now."""
        return Tip(self.told or 0, self.mark, self.doubted)

    def expects(self, epoch: str, seq: int) -> bool:
        """Whether an event is of this numbering and was not told yet, as far as anyone knows."""
        return self.epoch in ("", epoch) and (self.told is None or seq > self.told)

    def offer(self, event: Event) -> Turn:
        """Take an event; returns those to tell now, in order. A repeated one is dropped."""
        seq = event.seq
        if self.told is not None and seq == self.told + 1:
            # However many are held, this one is never dropped: the others wait for it.
            if not self._follow(event):
                return []
            return [event, *self._advance()] if self._held else [event]
        if self.told is None or seq > self.told:
            self.newest = max(self.newest, seq)
            if len(self._held) < HELD:
                self._held[seq] = event
        elif seq == self.told and differ(event.mark, self.mark):
            self.doubted = True
        return []

    def settle(self, last_seq: int, epoch: str, mark: int = UNKNOWN) -> Turn:
        """Begin after `last_seq`, as the table has it; what was held and comes later is told.

        What is held of another numbering is forgotten.
        """
        if self.epoch not in {"", epoch}:
            self._held.clear()
            self.newest = 0
        self.epoch = epoch
        self.newest = max(self.newest, last_seq)
        return self.skip(last_seq, mark)

    def skip(self, seq: int, mark: int = UNKNOWN) -> Turn:
        """Tell nothing more up to `seq`."""
        if self.told is None or seq > self.told:
            self.told, self.mark = seq, mark
        self._held = {number: held for number, held in self._held.items() if number > self.told}
        return self._advance()

    def _advance(self) -> Turn:
        turn: Turn = []
        while self.told is not None and self._held:
            held = self._held.pop(self.told + 1, None)
            if held is None or not self._follow(held):
                break
            turn.append(held)
        return turn

    def _follow(self, event: Event) -> bool:
        """Go on to the next event, if it was stored after the last one."""
        before = event.before
        if before != self.mark and differ(before, self.mark):
            self.doubted = True
            return False
        self.told, self.mark = event.seq, event.mark
        self.newest = max(self.newest, event.seq)
        return True
