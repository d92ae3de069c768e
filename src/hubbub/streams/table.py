"""The table of one kind's events, as the journal writes and reads it; a kind says what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.db.models import Q

from hubbub.database import ours
from hubbub.errors import Refusal
from hubbub.journal.entry import Batch, Earlier, Entry, Line, Telling, read_back
from hubbub.journal.lookup import find_rows
from hubbub.journal.relay import pass_on
from hubbub.journal.table import by_settings
from hubbub.streams.columns import insertion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper

    from hubbub.bus.base import Event
    from hubbub.fanout.hub import Hub
    from hubbub.journal.entry import Key, Row, Told
    from hubbub.journal.models import StoredEvent
    from hubbub.journal.table import Keep

    Values = tuple[Any, ...]

__all__ = [
    "Batch",
    "Earlier",
    "Entry",
    "Line",
    "Table",
    "Telling",
    "by_settings",
    "name_of",
    "pass_on",
]

T = TypeVar("T")

#: Events read at once.
PAGE = 500
#: The columns that every table of events has, as a row begins.
COMMON = ("name", "seq", "sender", "request_id", "created")


class Table:
    """See `hubbub.journal.table.Table`. What is stored is a body: a tuple, with a `timestamp`."""

    #: What a body has, in its order: the kind's own columns, and the timestamp; and behind these
    #: what the database gives it.
    columns: ClassVar[tuple[str, ...]] = ()
    given: ClassVar[tuple[str, ...]] = ()
    #: How many of them are written where nothing is settled, None for all; the others are NULL
    #: then, and to write that takes 0.3 µs each.
    plain: ClassVar[int | None] = None
    #: Which events are among the number that is kept.
    counted = Q()
    #: Which events a page of history has.
    paged: ClassVar[Q] = Q()
    #: The keys that Channels consumers get of an event; None for all.
    relayed: ClassVar[tuple[str, ...] | None] = None

    def __init__(self, kind: str, model: type[StoredEvent], keep: Callable[[], Keep]) -> None:
        self.label, self.model, self.keep = kind, model, keep
        self.kinds: tuple[str, ...] = (kind,)

    # The steps of a kind.

    def body(self, sender: str, *values: Any) -> Any:
        """A body of what is stored, whose `values` are those of `columns`."""
        raise NotImplementedError

    def telling(self, seq: int, sender: str, body: Any) -> bytes | Telling:
        """What members are told of an event, when it is stored and when it is read back."""
        raise NotImplementedError

    def meaning(self, body: Any) -> object:
        """What makes a body the same as another."""
        raise NotImplementedError

    def settle(self, batches: Sequence[Batch]) -> list[Any] | None:
        """The bodies of all entries as they are stored, or a Refusal in the place of one.

        None where they are stored as they are, and nothing is to be done `besides`.
        """
        del batches
        return None

    def besides(self, cursor: CursorWrapper, rows: Sequence[Values]) -> None:
        """Do what else belongs to rows that were settled and stored: `COMMON`, then the body."""

    def group(self, stream: str) -> str:
        """The hub's group of the stream's members."""
        return stream

    def layer_group(self, stream: str) -> str:
        """The group of a Channels layer that hears a stream."""
        return self.group(stream)

    def tell(self, hub: Hub, event: Event) -> None:
        """Events are for everyone."""
        hub.tell(self.group(event.stream), event)

    # The steps of a project's own kind.

    def stored(self, stream: str, sender: str, request_id: str) -> Any:
        """The body that a sender has stored under an id, or None."""
        raise NotImplementedError

    def told(self, body: Any, timestamp: str) -> Told:
        """What is told of a body that is not stored. Raises what cannot be shown."""
        raise NotImplementedError

    # The journal's part.

    def find(self, cursor: CursorWrapper, entries: Sequence[Entry]) -> dict[Key, Earlier]:
        """Events stored under these ids."""
        rows = find_rows(
            cursor,
            table=self.model._meta.db_table,
            columns=("name", "sender", "request_id", "seq", *self._kept),
            keys=[(name_of(entry.stream), entry.sender, entry.request_id) for entry in entries],
        )
        found: dict[Key, Earlier] = {}
        for name, sender, request_id, seq, *values in rows:
            body = self.body(sender, *values)
            key = self.stream_of(name), sender, request_id
            found[key] = Earlier(seq, body.timestamp, body)
        return found

    def insert(
        self, cursor: CursorWrapper, batches: Sequence[Batch], created: datetime
    ) -> list[list[Line]]:
        """Store events; one that is refused uses up no number."""
        settled = self.settle(batches)
        rows, lines = self.lay(batches, settled, created, self.telling)
        if rows:
            cursor.executemany(self._statement(rows), rows)
            if settled is not None:
                self.besides(cursor, rows)
        return lines

    def lay(
        self,
        batches: Sequence[Batch],
        settled: list[Any] | None,
        created: datetime,
        telling: Callable[..., T],
    ) -> tuple[list[Values], list[list[T | Refusal]]]:
        """The rows of events, and what is told of each, or why it is none."""
        stored, bodies = ours().ops.adapt_datetimefield_value(created), iter(settled or ())
        width = self.plain if settled is None else None
        rows: list[Values] = []
        found: list[list[T | Refusal]] = []
        for stream, first, entries in batches:
            name, seq = name_of(stream), first
            lines: list[T | Refusal] = []
            found.append(lines)
            for entry in entries:
                body = entry.body if settled is None else next(bodies)
                if isinstance(body, Refusal):
                    lines.append(body)
                    continue
                common = (name, seq, entry.sender, entry.request_id or None, stored)
                rows.append(common + body[:width])
                lines.append(telling(seq, entry.sender, body))
                seq += 1
        return rows, found

    def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """The events."""
        return self._select(Q(name=name_of(stream), seq__gt=after, seq__lte=upto), "seq", PAGE)

    def page(
        self, stream: str, after: int, upto: int, limit: int, *, backwards: bool = False
    ) -> list[Row]:
        """Up to `limit` told ones with `after` < seq <= `upto`: the first, or last ones."""
        wanted = self.paged & Q(name=name_of(stream), seq__gt=after, seq__lte=upto)
        return self._select(wanted, "-seq" if backwards else "seq", limit)

    def same(self, entry: Entry, earlier: Earlier) -> bool:
        """Whether the same is meant."""
        return self.meaning(earlier.body) == self.meaning(entry.body)

    def stamp(self, entry: Entry) -> str:
        """The body's."""
        stamp: str = entry.body.timestamp
        return stamp

    def relay(self, event: Event) -> None:
        """The frame's keys, for Channels consumers in the stream's group of the layer."""
        pass_on(self.layer_group(event.stream), event, self.relayed)

    # Ours.

    def stream_of(self, name: str) -> str:
        """The stream of a name."""
        return f"{self.label}:{name}"

    def _select(self, wanted: Q, order: str, limit: int) -> list[Row]:
        columns = ("seq", "created", "sender", *self._kept)
        found = self.model._default_manager.filter(wanted).order_by(order)[:limit]
        return [
            read_back(seq, self.telling(seq, sender, self.body(sender, *values)), created)
            for seq, created, sender, *values in found.values_list(*columns)
        ]

    @property
    def _kept(self) -> tuple[str, ...]:
        return *self.columns, *self.given

    def _statement(self, rows: Sequence[Values]) -> str:
        """What inserts such rows."""
        return insertion(self.model._meta.db_table, (*COMMON, *self.columns)[: len(rows[0])])


def name_of(stream: str) -> str:
    """The name of a stream."""
    return stream.partition(":")[2]
