"""The inboxes' table, as the journal writes and reads it, and who is told what of it."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q

from hubbub.errors import Refusal
from hubbub.fanout.frame import frame_of
from hubbub.notifications.inbox import (
    EVERYONE,
    EVERYONE_GROUP,
    KIND,
    NOBODY,
    stream_of,
    user_group,
)
from hubbub.notifications.messages import Deleted, Notified, placed_frame, stem_of
from hubbub.notifications.models import Notification
from hubbub.notifications.readers import local_readers
from hubbub.notifications.reading import ReadAll, ReadOne
from hubbub.streams.table import Table, Telling, by_settings, name_of, pass_on
from hubbub.wire.data import raw_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper

    from hubbub.bus.base import Event
    from hubbub.fanout.hub import Hub
    from hubbub.notifications.readers import Readers
    from hubbub.streams.table import Batch, Earlier, Entry, Line, Values

    Ids = dict[tuple[str, int], int]

#: Rows in one statement.
PAGE = 500
ERASE = """
    UPDATE hubbub_notification SET title = '', message = '', data = NULL, deleted = %s
    WHERE name = %s AND id = %s
"""
#: `deletes` of a row: `COMMON`, then `InboxTable.columns`.
deletes_of = itemgetter(10)
#: What version 1's event has, and a project's own object.
RELAYED = ("title", "message", "priority", "timestamp", "data")


class Body(NamedTuple):
    """What is to be sent; or, with `deletes`, the id of what is to be deleted.

    `reads` is a reading's that was carried out (`models.py`). What is stored has an `id`, and may
    be `deleted` since.
    """

    title: str
    message: str
    priority: str
    timestamp: str
    data: str | None = None
    deletes: int | None = None
    reads: int | None = None
    deleted: bool = False
    id: int = 0


Asked = Body | ReadOne | ReadAll


class InboxTable(Table):
    """See `hubbub.streams.table.Table`. What was deleted or read is an event of its own."""

    columns, given = Body._fields[:-1], ("id",)
    counted = Q(reads=None)

    def __init__(self) -> None:
        keep = by_settings("notifications_keep_days", "notifications_keep_messages")
        super().__init__("notifications", Notification, keep)
        self.kinds = (KIND, EVERYONE)

    def stream_of(self, name: str) -> str:
        """The stream of an inbox."""
        return stream_of(name)

    def body(self, sender: str, *values: Any) -> Body:
        """What is stored."""
        del sender
        return Body(*values)

    def telling(self, seq: int, sender: str, body: Body) -> bytes | Telling:
        """What is told of what is stored, without its cursor; nothing of what is deleted by now.

        Of a reading no frame is told, but how far it goes.
        """
        del seq, sender
        if body.reads is not None:
            return Telling(b"", added=True, value=body.reads)
        if body.deletes is not None:
            return Telling(frame_of(Deleted(body.deletes, body.timestamp)), added=True)
        if body.deleted:
            return b""
        return frame_of(Notified(*body[:4], body.id, raw_data(body.data)))

    def meaning(self, body: Body) -> object:
        """What is sent."""
        return body.title, body.message, body.priority, body.data

    def same(self, entry: Entry, earlier: Earlier) -> bool:
        """Whether the same is sent; of what is deleted by now nobody can tell."""
        known: Body = earlier.body
        return known.deleted or super().same(entry, earlier)

    def settle(self, batches: Sequence[Batch]) -> list[Any]:
        """What is sent and deleted, and readings, which are carried out; all without an id."""
        return [body for batch in batches for body in bodies_of(batch)]

    def insert(
        self, cursor: CursorWrapper, batches: Sequence[Batch], created: datetime
    ) -> list[list[Line]]:
        """Store events; the ids that are told of them are the database's."""
        settled = self.settle(batches)
        rows, lines = self.lay(batches, settled, created, lambda *line: line)
        ids = insert_rows(cursor, self._statement(rows), rows) if rows else {}
        self.besides(cursor, rows)
        return [
            [
                line if isinstance(line, Refusal) else self._told(ids, batch.stream, *line)
                for line in found
            ]
            for batch, found in zip(batches, lines, strict=True)
        ]

    def _told(
        self, ids: Ids, stream: str, seq: int, sender: str, values: Values
    ) -> bytes | Telling:
        body = Body._make((*values, ids[name_of(stream), seq]))
        return self.telling(seq, sender, body)

    def besides(self, cursor: CursorWrapper, rows: Sequence[Values]) -> None:
        """Take the text of what is deleted out of the table."""
        erased = [(True, row[0], deletes_of(row)) for row in rows if deletes_of(row) is not None]
        if erased:
            cursor.executemany(ERASE, erased)

    def group(self, stream: str) -> str:
        """All connections, or those of a user."""
        inbox = name_of(stream)
        return user_group(inbox) if inbox else EVERYONE_GROUP

    def tell(self, hub: Hub, event: Event) -> None:
        """Tell the user, or everyone, each with a cursor of their own.

        All that a user gets goes to one group, so that it comes in the order of the cursors. Of a
        reading only its effect is told: how many are left.
        """
        readers, inbox = local_readers(), name_of(event.stream)
        if event.frame and not event.added:
            readers.note_news(inbox)
        stem = stem_of(event.frame)
        for reader, cursor in cursors(readers, inbox, event.stream, event.seq):
            hub.tell(user_group(reader), event, placed_frame(stem, cursor))
        if event.added:
            recount(readers, inbox, event.value)

    def relay(self, event: Event) -> None:
        """Version 1's event, for Channels consumers in the stream's group."""
        pass_on(self.group(event.stream), event, RELAYED, type="send_notification")


inbox_table = InboxTable()


def cursors(readers: Readers, inbox: str, stream: str, seq: int) -> Iterator[tuple[str, str]]:
    """Who is told `seq` of a stream, and the cursor that each gets with it."""
    half = readers.half(stream, seq)
    if inbox:
        yield inbox, f"{half},{readers.half(EVERYONE)}"
        return
    for reader in readers.inboxes():
        own = readers.half(stream_of(reader)) if reader else ""
        yield reader, f"{own},{half}"


def recount(readers: Readers, inbox: str, everyone: int) -> None:
    """Tell those whom a deletion or a reading concerns how much they have not read now."""
    for reader in (inbox,) if inbox else tuple(readers.inboxes()):
        if reader != NOBODY:
            readers.recount(reader, everyone)


def insert_rows(cursor: CursorWrapper, statement: str, rows: Sequence[Values]) -> Ids:
    """Insert rows; the id of each by its inbox and seq."""
    begin, _, row = statement.rpartition(" VALUES ")
    ids: Ids = {}
    for start in range(0, len(rows), PAGE):
        chunk = rows[start : start + PAGE]
        places = ", ".join([row] * len(chunk))
        values = [value for one in chunk for value in one]
        cursor.execute(f"{begin} VALUES {places} RETURNING id, name, seq", values)
        ids |= {(inbox, seq): number for number, inbox, seq in cursor.fetchall()}
    return ids


def bodies_of(batch: Batch) -> Iterator[Values | Refusal]:
    """What is to be stored of the entries of a stream, or why not; readings are carried out."""
    inbox, last = name_of(batch.stream), batch.first - 1
    for entry in batch.entries:
        try:
            yield settled(entry.body, inbox, last)[:-1]
            last += 1
        except Refusal as refusal:
            yield refusal


def settled(asked: Asked, inbox: str, last: int) -> Body:
    """What is to be stored behind the seq `last`. Raises a Refusal."""
    if isinstance(asked, Body):
        return asked
    return Body("", "", "", asked.timestamp, reads=asked.carry_out(inbox, last))
