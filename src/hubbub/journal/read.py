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
    """Where a stream stands: its newest seq, its oldest that was not pruned, its numbering.

    `mark` is that of its newest event (`marks.py`).
    """

    last_seq: int = 0
    first_seq: int = 1
    epoch: str = ""
    mark: int = 0


def positions(names: Collection[str]) -> dict[str, Position]:
    """Where streams stand; one that nothing was stored in yet, at the beginning."""
    ordered = sorted(names)
    found: dict[str, Position] = {}
    for start in range(0, len(ordered), CHUNK):
        found |= positions_of(ordered[start : start + CHUNK])
    return found


def positions_of(names: Sequence[str]) -> dict[str, Position]:
    """Where up to `CHUNK` streams stand."""
    with ours().cursor() as cursor:
        cursor.execute(FIND.format(names=", ".join(["%s"] * len(names))), names)
        found = {name: Position(*where) for name, *where in cursor.fetchall()}
        new = [name for name in names if name not in found]
        if new:
            # Should one begin between the two questions, it does so in this very numbering.
            beginning = find_beginning(cursor)
            found |= {name: Position(epoch=first_epoch(beginning, name)) for name in new}
    return found


def position(name: str) -> Position:
    """Where one stream stands."""
    return positions([name])[name]
