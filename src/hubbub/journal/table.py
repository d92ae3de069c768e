"""What the journal asks of the table of a kind's events, which lies in the kind's own app.

It is written in the journal's transaction, and read back as the frames that members got.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hubbub import conf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper
    from django.db.models import Q

    from hubbub.bus.base import Event
    from hubbub.fanout.hub import Hub
    from hubbub.journal.entry import Batch, Earlier, Entry, Key, Line, Row
    from hubbub.journal.models import StoredEvent

#: Days, and events of a stream; None for all.
Keep = tuple[int | None, int | None]


class Table(Protocol):
    """The events of one kind, or of several that lie together.

    `kinds` are what stands before the colon in the names of its streams, and `label` is what they
    are called together. `counted` says which of the rows are among the number that is kept. All
    methods but `tell` block, on a thread that may use the database.
    """

    label: str
    kinds: tuple[str, ...]
    model: type[StoredEvent]
    counted: Q

    def keep(self) -> Keep:
        """For how many days events are kept, and how many of a stream."""

    def find(self, cursor: CursorWrapper, entries: Sequence[Entry]) -> dict[Key, Earlier]:
        """Which of the entries, all with a `request_id`, are stored already."""

    def insert(
        self, cursor: CursorWrapper, batches: Sequence[Batch], created: datetime
    ) -> list[list[Line]]:
        """Store new entries, numbered without gaps from each batch's `first`, as of `created`.

        A Refusal in the place of a frame uses up no number.
        """

    def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """The events with `after` < seq <= `upto`, in order, some 500 at most."""

    def same(self, entry: Entry, earlier: Earlier) -> bool:
        """Whether an entry asks for just what is stored under its id."""

    def group(self, stream: str) -> str:
        """The hub's group of the stream's members."""

    def stamp(self, entry: Entry) -> str:
        """The entry's timestamp."""

    def tell(self, hub: Hub, event: Event) -> None:
        """Publish to the members on one hub; on its loop, in order of seq."""

    def relay(self, event: Event) -> None:
        """Tell Channels consumers in the stream's group; once a process."""


_tables: dict[str, Table] = {}


def by_settings(days: str, number: str) -> Callable[[], Keep]:
    """What two settings, by their names, say of how much is kept."""
    return lambda: (getattr(conf.current(), days), getattr(conf.current(), number))


def open_table(table: Table) -> None:
    """Make a table known under the kinds of its streams; its app does it when it is loaded."""
    for kind in table.kinds:
        _tables[kind] = table


def find_table(stream: str) -> Table | None:
    """Where a stream's events are kept; None for one whose kind is not installed."""
    return _tables.get(stream.partition(":")[0])


def table_of(stream: str) -> Table:
    """The table that a stream's events are in. Raises KeyError."""
    return _tables[stream.partition(":")[0]]


def tables() -> list[Table]:
    """Every table, in the order of their labels."""
    found = {table.label: table for table in _tables.values()}
    return [table for _, table in sorted(found.items())]
