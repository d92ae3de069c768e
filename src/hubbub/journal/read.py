"""What the streams' table says. Blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubbub.database import ours
from hubbub.journal.epochs import find_beginning, first_epoch

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

#: Streams asked for in one query.
CHUNK = 500
#: Asked for each member that comes with a snapshot; through the ORM it takes three times as long.
FIND = (
    "SELECT name, last_seq, first_seq, epoch, last_mark FROM hubbub_stream WHERE name IN ({names})"
)


class Position(NamedTuple):
    """A seq, and the epoch of the numbering that it belongs to."""

    epoch: str = ""
    seq: int = 0


class Extent(NamedTuple):
    """How far a stream goes: its newest seq, its oldest that was not pruned, its numbering.

    `mark` is that of its newest event (`marks.py`).
    """

    last_seq: int = 0
    first_seq: int = 1
    epoch: str = ""
    mark: int = 0

    @property
    def end(self) -> Position:
        """That of its newest event."""
        return Position(self.epoch, self.last_seq)

    def has_all_after(self, seq: int) -> bool:
        """Whether it goes as far as a seq, and nothing after that was pruned."""
        return seq == self.last_seq or self.first_seq - 1 <= seq < self.last_seq


def extents(names: Collection[str]) -> dict[str, Extent]:
    """How far streams go; one that nothing was stored in yet, at the beginning."""
    ordered = sorted(names)
    found: dict[str, Extent] = {}
    for start in range(0, len(ordered), CHUNK):
        found |= extents_of(ordered[start : start + CHUNK])
    return found


def extents_of(names: Sequence[str]) -> dict[str, Extent]:
    """How far up to `CHUNK` streams go."""
    with ours().cursor() as cursor:
        cursor.execute(FIND.format(names=", ".join(["%s"] * len(names))), names)
        found = {name: Extent(*where) for name, *where in cursor.fetchall()}
        new = [name for name in names if name not in found]
        if new:
            # Should one begin between the two questions, it does so in this very numbering.
            beginning = find_beginning(cursor)
            found |= {name: Extent(epoch=first_epoch(beginning, name)) for name in new}
    return found


def extent(name: str) -> Extent:
    """How far one stream goes."""
    return extents([name])[name]
