"""What the streams' table says. Blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubbub.journal.models import Stream

if TYPE_CHECKING:
    from collections.abc import Collection

#: Streams asked for in one query.
CHUNK = 500


class Position(NamedTuple):
    """Where a stream stands: its newest seq, its oldest that was not pruned, its numbering."""

    last_seq: int = 0
    first_seq: int = 1
    epoch: str = ""


NOWHERE = Position()


def positions(names: Collection[str]) -> dict[str, Position]:
    """Where streams stand; one that nothing was stored in yet is left out."""
    ordered = sorted(names)
    found: dict[str, Position] = {}
    for start in range(0, len(ordered), CHUNK):
        rows = Stream.objects.filter(name__in=ordered[start : start + CHUNK]).values_list(
            "name", "last_seq", "first_seq", "epoch"
        )
        found |= {name: Position(last, first, epoch) for name, last, first, epoch in rows}
    return found


def position(name: str) -> Position:
    """Where one stream stands."""
    return positions([name]).get(name, NOWHERE)
