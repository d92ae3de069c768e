"""The table of one kind's events, as the journal writes and reads it."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import msgspec
from django.db.models import Q

from hubbub.database import ours
from hubbub.fanout.frame import make_frame
from hubbub.journal.log import Earlier, Row, Shelf
from hubbub.journal.marks import mark_of
from hubbub.journal.relay import pass_on
from hubbub.observe.events import EVENT_NOT_SHOWN
from hubbub.observe.report import report
from hubbub.wire.codec import encode
from hubbub.wire.plain import plain_value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper

    from hubbub.bus.base import Event as Told
    from hubbub.fanout.hub import Hub
    from hubbub.journal.log import Batch, Entry, Key, Line
    from hubbub.streams.event import Event
    from hubbub.streams.kind import Kind

#: Events read at once.
PAGE = 500
#: Ids asked for in one query.
CHUNK = 100
encode_shown = msgspec.json.Encoder(enc_hook=plain_value).encode
INSERT = "INSERT INTO {table} ({columns}) VALUES ({places})"


class Table:
    """See `hubbub.journal.log.Log`."""

    def __init__(self, kind: Kind) -> None:
        self.shelf = Shelf(kind.kind, (kind.kind,), kind.event, kind.keep)
        self._kind = kind
        self._model = kind.event
        meta = kind.event._meta
        self._fields = [field for field in meta.concrete_fields if not field.primary_key]

    # The journal's part.

    def find(self, cursor: CursorWrapper, entries: Sequence[Entry]) -> dict[Key, Earlier]:
        """Events stored under these ids."""
        del cursor
        found: dict[Key, Earlier] = {}
        for start in range(0, len(entries), CHUNK):
            keys = [
                Q(name=self.name_of(entry.stream), sender=entry.sender, request_id=entry.request_id)
                for entry in entries[start : start + CHUNK]
            ]
            for event in self._model._default_manager.filter(reduce(or_, keys)):
                key = self._kind.stream_of(event.name), event.sender, event.request_id or ""
                found[key] = Earlier(event.seq, event.timestamp, event)
        return found

    def insert(
        self, cursor: CursorWrapper, batches: Sequence[Batch], created: datetime
    ) -> list[list[Line]]:
        """Store events, in the order of their fields."""
        lines: list[list[Line]] = []
        rows: list[list[Any]] = []
        for batch in batches:
            lines.append([])
            for seq, entry in enumerate(batch.entries, batch.first):
                event = numbered(entry, self.name_of(batch.stream), seq, created)
                rows.append(self._row(event))
                lines[-1].append(self.frame(event))
        cursor.executemany(self._statement(), rows)
        return lines

    def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """The events."""
        return self.page(stream, after, upto, PAGE)

    def page(
        self, stream: str, after: int, upto: int, limit: int, *, backwards: bool = False
    ) -> list[Row]:
        """Up to `limit` events with `after` < seq <= `upto`: the first, or backwards the last."""
        found = self._model._default_manager.filter(
            name=self.name_of(stream), seq__gt=after, seq__lte=upto
        )
        return [
            Row(event.seq, self.frame_again(event), mark_of(event.created))
            for event in found.order_by("-seq" if backwards else "seq")[:limit]
        ]

    def same(self, entry: Entry, earlier: Earlier) -> bool:
        """Whether an event would be shown as that which is stored."""
        if earlier.body is entry.body:
            return True
        known: Event = earlier.body
        wanted = numbered(entry, known.name, known.seq, known.created)
        wanted.timestamp = known.timestamp
        return self.frame(wanted) == self.frame_again(known)

    def group(self, stream: str) -> str:
        """The members of a stream: no group of a project's own has a colon in its name."""
        return stream

    def stamp(self, entry: Entry) -> str:
        """The event's."""
        event: Event = entry.body
        return event.timestamp

    def tell(self, hub: Hub, event: Told) -> None:
        """Events are for everyone."""
        hub.tell(event.stream, event)

    def relay(self, event: Told) -> None:
        """The frame's keys, for Channels consumers in the stream's group of the layer."""
        pass_on(layer_group(event.stream), event)

    # Ours.

    def name_of(self, stream: str) -> str:
        """The name of a stream."""
        return stream.partition(":")[2]

    def frame(self, event: Event) -> bytes:
        """The frame of an event that is being stored. Raises what `Kind.show` does."""
        shown = self._kind.show(event)
        return make_frame(encode_shown({**shown, "timestamp": event.timestamp, "seq": event.seq}))

    def frame_again(self, event: Event) -> bytes:
        """The frame of a stored event; of one that cannot be shown any more, that it was there."""
        try:
            return self.frame(event)
        except Exception as error:  # noqa: BLE001 - of a project's code; the stream goes on
            stream = self._kind.stream_of(event.name)
            name = type(error).__name__
            report(EVENT_NOT_SHOWN, name, error=error, stream=stream, seq=event.seq)
            return make_frame(encode({"type": "unknown", "seq": event.seq}))

    def _statement(self) -> str:
        quote = ours().ops.quote_name
        return INSERT.format(
            table=quote(self._model._meta.db_table),
            columns=", ".join(quote(str(field.column)) for field in self._fields),
            places=", ".join(["%s"] * len(self._fields)),
        )

    def _row(self, event: Event) -> list[Any]:
        connection = ours()
        return [
            field.get_db_prep_save(field.pre_save(event, True), connection)  # noqa: FBT003 - Django's
            for field in self._fields
        ]


def numbered(entry: Entry, name: str, seq: int, created: datetime) -> Event:
    """An entry's event with all that the journal gives it."""
    event: Event = entry.body
    event.name, event.seq, event.created = name, seq, created
    event.sender = entry.sender
    event.request_id = entry.request_id or None
    return event


def layer_group(stream: str) -> str:
    """The group of a Channels layer that hears a stream: `order.7` of `order:7`."""
    return stream.replace(":", ".", 1)
