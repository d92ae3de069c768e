"""The table of a project's own kind, whose bodies are events of its model."""

from __future__ import annotations

from functools import cached_property, reduce
from operator import or_
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import DataError, Error, IntegrityError, InterfaceError, OperationalError
from django.db.models import Q

from hubbub import conf
from hubbub.database import alias, ours
from hubbub.errors import FailedError, Refusal
from hubbub.fanout.frame import frame_of, make_frame
from hubbub.journal.entry import Earlier, Row, Told
from hubbub.journal.marks import mark_of
from hubbub.observe.events import EVENT_NOT_SHOWN, EVENT_SHOWN_LATE
from hubbub.observe.report import report
from hubbub.sqlite import is_mistake
from hubbub.streams.columns import Columns, refused
from hubbub.streams.event import Event
from hubbub.streams.messages import FRAMES
from hubbub.streams.refusals import told_error
from hubbub.streams.table import PAGE, Table, name_of
from hubbub.wire.plain import encode_plain, plain_value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper
    from django.db.models import QuerySet

    from hubbub.journal.entry import Batch, Entry, Key, Line
    from hubbub.streams.kind import Kind

#: Ids asked for in one query.
CHUNK = 100
#: An event is as large as so many of the largest messages from a client, at most.
LARGEST = 4
#: Seconds after which `Kind.show` is late: others wait for it, whatever their kind.
LATE = 0.5


class EventTable(Table):
    """See `hubbub.journal.table.Table`."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind.kind, kind.event, kind.kept)
        self._kind = kind
        self._model = kind.event

    @cached_property
    def _columns(self) -> Columns:
        return Columns(self._model)

    # The journal's part.

    def find(self, cursor: CursorWrapper, entries: Sequence[Entry]) -> dict[Key, Earlier]:
        """Events stored under these ids."""
        del cursor
        found: dict[Key, Earlier] = {}
        for start in range(0, len(entries), CHUNK):
            keys = [
                Q(name=name_of(entry.stream), sender=entry.sender, request_id=entry.request_id)
                for entry in entries[start : start + CHUNK]
            ]
            for event in self._rows().filter(reduce(or_, keys)):
                key = self._kind.stream_of(event.name), event.sender, event.request_id or ""
                found[key] = Earlier(event.seq, event.timestamp, event)
        return found

    def insert(
        self, cursor: CursorWrapper, batches: Sequence[Batch], created: datetime
    ) -> list[list[Line]]:
        """Store events, but for those whose values cannot be, or which cannot be shown."""
        lines: list[list[Line]] = []
        rows: list[list[Any]] = []
        for batch in batches:
            name, seq = name_of(batch.stream), batch.first
            lines.append([])
            for entry in batch.entries:
                line = self._put(numbered(entry, name, seq, created), rows)
                lines[-1].append(line)
                seq += isinstance(line, bytes)
        if rows:
            cursor.executemany(self._columns.statement(), rows)
        return lines

    def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """The events."""
        return self.page(stream, after, upto, PAGE)

    def page(
        self, stream: str, after: int, upto: int, limit: int, *, backwards: bool = False
    ) -> list[Row]:
        """Up to `limit` events with `after` < seq <= `upto`: the first, or backwards the last."""
        found = self._rows().filter(name=name_of(stream), seq__gt=after, seq__lte=upto)
        return [
            Row(event.seq, self.frame_again(event), mark_of(event.created))
            for event in found.order_by("-seq" if backwards else "seq")[:limit]
        ]

    def same(self, entry: Entry, earlier: Earlier) -> bool:
        """Whether an event would be shown as that which is stored.

        What a field gives itself, such as the moment, is not asked for, and is no difference.
        """
        if earlier.body is entry.body:
            return True
        known: Event = earlier.body
        wanted = numbered(entry, known.name, known.seq, known.created)
        wanted.timestamp = known.timestamp
        try:
            self._columns.be_like(wanted, known)
        except Refusal:
            return False
        return self.frame_again(wanted) == self.frame_again(known)

    def layer_group(self, stream: str) -> str:
        """`order.7` of `order:7`, as no group of a layer has a colon in its name."""
        return stream.replace(":", ".", 1)

    # Ours.

    def stored(self, stream: str, sender: str, request_id: str) -> Event | None:
        """What a sender has stored under an id."""
        found = self._rows().filter(name=name_of(stream), sender=sender, request_id=request_id)
        return found.first()

    def frame(self, event: Event) -> bytes:
        """The frame of an event that is being stored. Raises what `Kind.show` does, TypeError."""
        return self._frame(event, timestamp=event.timestamp, seq=event.seq)

    def told(self, body: Any, timestamp: str) -> Told:
        """What is told of an event that is not stored. Raises as `frame`."""
        if isinstance(body, Event):
            self._columns.settle(body)
        return Told(fitting(self._frame(body, timestamp=timestamp)), timestamp)

    def _frame(self, event: Any, **added: object) -> bytes:
        shown: Any = self._kind.show(event)
        if isinstance(shown, msgspec.Struct):
            shown = msgspec.to_builtins(shown, enc_hook=plain_value)
        if not isinstance(shown, dict) or not isinstance(shown.get("type"), str):
            raise TypeError("show answers no dict with a `type`, which is a text")
        if shown["type"] in FRAMES:
            raise TypeError(f"show answers the type {shown['type']!r}, which is every kind's own")
        if "stream" in shown:
            raise TypeError("show answers a key 'stream', which /ws/ adds")
        return make_frame(encode_plain(shown | added))

    def frame_again(self, event: Event) -> bytes:
        """The frame of a stored event; of one that cannot be shown any more, that it was there."""
        try:
            return self.frame(event)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # of a project's code; the stream goes on
            if is_away(error):
                raise
            self._report(event, error)
            return frame_of({"type": "unknown", "seq": event.seq})

    def _rows(self) -> QuerySet[Event]:
        """All of them, whatever managers of its own the model has."""
        rows: QuerySet[Event] = self._model._base_manager.using(alias())
        return rows

    def _put(self, event: Event, rows: list[list[Any]]) -> bytes | Refusal:
        """Add an event's row, and return its frame; or why it cannot be stored."""
        try:
            row, frame = self._columns.row(event), self._new_frame(event)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if is_of_transaction(error):
                raise
            return self._why_not(event, error)
        rows.append(row)
        return frame

    def _why_not(self, event: Event, error: BaseException) -> Refusal:
        """What is said of an event of which a project's code says no, or at which it fails."""
        if (field := self._columns.dangling(event, error)) is not None:
            return refused(field, error)
        error = told_error(error)
        if isinstance(error, Refusal):
            return error
        self._report(event, error)
        failed = FailedError("show")
        failed.__cause__ = error
        return failed

    def _new_frame(self, event: Event) -> bytes:
        """The frame of an event while all that is to be stored waits for it. Raises as `frame`."""
        began = monotonic()
        frame = fitting(self.frame(event))
        if (seconds := monotonic() - began) > LATE:
            stream = self._kind.stream_of(event.name)
            report(EVENT_SHOWN_LATE, stream=stream, seconds=round(seconds, 1))
        return frame

    def _report(self, event: Event, error: BaseException) -> None:
        stream = self._kind.stream_of(event.name)
        report(EVENT_NOT_SHOWN, type(error).__name__, error=error, stream=stream, seq=event.seq)


def is_of_transaction(error: BaseException) -> bool:
    """Whether our database has failed: what that has spoilt is the transaction's.

    Not where a project's code asks another database, or raises the error by itself.
    """
    if isinstance(error, DataError | IntegrityError):
        return True  # of whatever database: of these Django takes no note
    return isinstance(error, Error) and ours().errors_occurred


def is_away(error: BaseException) -> bool:
    """Whether our database does not answer, which says nothing of an event that is stored."""
    away = isinstance(error, OperationalError | InterfaceError) and ours().errors_occurred
    return away and not is_mistake(error, ours())


def numbered(entry: Entry, name: str, seq: int, created: datetime) -> Event:
    """An entry's event with all that the journal gives it."""
    event: Event = entry.body
    event.name, event.seq, event.created = name, seq, created
    event.sender = entry.sender
    event.request_id = entry.request_id or None
    return event


def fitting(frame: bytes) -> bytes:
    """A frame that is to be told. Raises ValueError for one that is too large."""
    most = LARGEST * conf.current().max_frame
    if len(frame) > most:
        raise ValueError(f"show answers {len(frame)} bytes, and an event has {most} at most")
    return frame
