"""What a node asks of the streams' table. None of it blocks the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hubbub.crossing import in_database
from hubbub.journal.epochs import renumber
from hubbub.journal.log import log_of
from hubbub.journal.read import Extent, extents

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hubbub.journal.log import Row


class Table(Protocol):
    """The streams' table and those of their events, seen from an event loop.

    Each question raises DatabaseError or OverloadedError while the database is away.
    """

    async def extents(self, streams: Collection[str]) -> dict[str, Extent]:
        """Where streams stand, each of them."""

    async def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """The events with `after` < seq <= `upto`, in order, some 500 at most."""

    async def renumber(self, lost: Mapping[str, str]) -> str:
        """Give streams a new epoch, which is returned, if they still have this (name to epoch)."""


class DatabaseTable:
    """The real one: each question is asked on one of the database's threads."""

    async def extents(self, streams: Collection[str]) -> dict[str, Extent]:
        """See `Table`."""
        return await in_database(extents, streams)

    async def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """See `Table`."""
        return await in_database(log_of(stream).read, stream, after, upto)

    async def renumber(self, lost: Mapping[str, str]) -> str:
        """See `Table`."""
        return await in_database(renumber, lost)
