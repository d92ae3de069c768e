"""What an event loop asks of the database. None of it blocks the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hubbub.crossing import in_database
from hubbub.journal.epochs import renumber
from hubbub.journal.read import Extent, extents
from hubbub.journal.table import table_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hubbub.journal.entry import Row


class Source(Protocol):
    """The streams' table and those of their events, seen from an event loop.

    Each question raises DatabaseError or OverloadedError while the database is away.
    """

    async def extents(self, streams: Collection[str]) -> dict[str, Extent]:
        """Where streams stand, each of them."""

    async def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """The events with `after` < seq <= `upto`, in order, some 500 at most."""

    async def renumber(self, lost: Mapping[str, str]) -> str:
        """Give streams a new epoch, which is returned, if they still have this (name to epoch)."""


class DatabaseSource:
    """The real one: each question is asked on one of the database's threads."""

    async def extents(self, streams: Collection[str]) -> dict[str, Extent]:
        """See `Source`."""
        return await in_database(extents, streams)

    async def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """See `Source`."""
        return await in_database(table_of(stream).read, stream, after, upto)

    async def renumber(self, lost: Mapping[str, str]) -> str:
        """See `Source`."""
        return await in_database(renumber, lost)
