"""The table of one kind's events, as the journal writes and reads it; a kind says what differs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.db.models import Q

from hubbub.database import ours
from hubbub.errors import Refusal
from hubbub.journal.entry import Batch, Earlier, Entry, Line, Telling, read_back
from hubbub.journal.lookup import find_rows
from hubbub.journal.relay import pass_on
from hubbub.journal.table import by_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper

    from hubbub.bus.base import Event
    from hubbub.fanout.hub import Hub
    from hubbub.journal.entry import Key, Row, Told
    from hubbub.journal.models import StoredEvent
    from hubbub.journal.table import Keep

    Values = Sequence[Any]

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
COMMON = ("name", "seq", "sender", "request_id", "timestamp", "created")
INSERT = "INSERT INTO {table} ({columns}) VALUES ({places})"


class Table:
    """See `hubbub.journal.table.Table`. A body is what an event says: it has a `timestamp`."""

    #: The kind's own columns, in the order of `own`; and what a body has that the database gives.
    columns: ClassVar[tuple[str, ...]] = ()
    given: ClassVar[tuple[str, ...]] = ()
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

    def own(self, body: Any) -> Values:
        """The values of `columns`."""
        raise NotImplementedError

    def body(self, sender: str, timestamp: str, *own: Any) -> Any:
        """A body of what is stored; None of what nobody can compare any more."""
        raise NotImplementedError

    def telling(self, seq: int, sender: str, body: Any) -> bytes | Telling:
        """What members are told of an event, when it is stored and when it is read back."""
        raise NotImplementedError

    def meaning(self, body: Any) -> object:
        """What makes a body the same as another."""
        raise NotImplementedError

    def settle(self, batches: Sequence[Batch], created: datetime) -> list[list[Any]]:
        """The bodies of the entries as they are stored, or a Refusal in the place of one."""
        del created
        return [[entry.body for entry in batch.entries] for batch in batches]

    def besides(self, cursor: CursorWrapper, rows: Sequence[Values]) -> None:
        """Do what else belongs to rows that were stored: `COMMON`, then `columns`."""

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
            columns=("name", "sender", "request_id", "seq", "timestamp", *self._kept),
            keys=[(name_of(entry.stream), entry.sender, entry.request_id) for entry in entries],
        )
        return {
            (self.stream_of(name), sender, request_id): Earlier(
                seq, timestamp, self.body(sender, timestamp, *own)
            )
            for name, sender, request_id, seq, timestamp, *own in rows
        }

    def insert(
        self, cursor: CursorWrapper, batches: Sequence[Batch], created: datetime
    ) -> list[list[Line]]:
        """Store events; one that is refused uses up no number."""
        rows, lines = self.lay(batches, created, self.telling)
        if rows:
            cursor.executemany(self._statement, rows)
            self.besides(cursor, rows)
        return lines

    def lay(
        self, batches: Sequence[Batch], created: datetime, telling: Callable[..., T]
    ) -> tuple[list[Values], list[list[T | Refusal]]]:
        """The rows of events, and what is told of each, or why it is none."""
        stored, own = ours().ops.adapt_datetimefield_value(created), self.own
        rows: list[Values] = []
        found: list[list[T | Refusal]] = []
        for batch, bodies in zip(batches, self.settle(batches, created), strict=True):
            name, seq = name_of(batch.stream), batch.first
            lines: list[T | Refusal] = []
            found.append(lines)
            for entry, body in zip(batch.entries, bodies, strict=True):
                if isinstance(body, Refusal):
                    lines.append(body)
                    continue
                sender, request_id = entry.sender, entry.request_id or None
                rows.append((name, seq, sender, request_id, body.timestamp, stored, *own(body)))
                lines.append(telling(seq, sender, body))
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
        known = earlier.body
        return known is None or self.meaning(known) == self.meaning(entry.body)

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
        columns = ("seq", "created", "sender", "timestamp", *self._kept)
        found = self.model._default_manager.filter(wanted).order_by(order)[:limit]
        return [
            read_back(seq, self.telling(seq, sender, self.body(sender, *own)), created)
            for seq, created, sender, *own in found.values_list(*columns)
        ]

    @property
    def _kept(self) -> tuple[str, ...]:
        return *self.columns, *self.given

    @cached_property
    def _statement(self) -> str:
        quote, columns = ours().ops.quote_name, (*COMMON, *self.columns)
        return INSERT.format(
            table=quote(self.model._meta.db_table),
            columns=", ".join(map(quote, columns)),
            places=", ".join(["%s"] * len(columns)),
        )


def name_of(stream: str) -> str:
    """The name of a stream."""
    return stream.partition(":")[2]
