"""What the streams' table says. Blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Collection

#: Streams asked for in one query.
CHUNK = 500
#: Asked for each member that comes with a snapshot; through the ORM it takes three times as long.
FIND = "SELECT name, last_seq, first_seq, epoch FROM hubbub_stream WHERE name IN ({names})"


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
        chunk = ordered[start : start + CHUNK]
        with connection.cursor() as cursor:
            cursor.execute(FIND.format(names=", ".join(["%s"] * len(chunk))), chunk)
            found |= {name: Position(*where) for name, *where in cursor.fetchall()}
    return found


def position(name: str) -> Position:
    """Where one stream stands."""
    return positions([name]).get(name, NOWHERE)
