"""The notifications' table, as the journal writes and reads it.

A frame is stored, carried and kept without its cursor: that is a place in two streams, and the
other one is known only where the members are, when they are told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q

from hubbub.database import ours
from hubbub.errors import Refusal
from hubbub.journal.entry import Earlier, Telling, read_back
from hubbub.journal.lookup import find_rows
from hubbub.journal.relay import pass_on
from hubbub.journal.table import by_settings
from hubbub.notifications.inbox import (
    EVERYONE,
    EVERYONE_GROUP,
    KIND,
    NOBODY,
    inbox_in,
    stream_of,
    user_group,
)
from hubbub.notifications.messages import (
    Deleted,
    Notified,
    deleted_frame,
    notified_frame,
    placed_frame,
    stem_of,
)
from hubbub.notifications.models import Notification
from hubbub.notifications.readers import local_readers
from hubbub.notifications.reading import ReadAll, ReadOne
from hubbub.wire.data import raw_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper

    from hubbub.bus.base import Event
    from hubbub.fanout.hub import Hub
    from hubbub.journal.entry import Batch, Entry, Key, Line, Row
    from hubbub.journal.models import StoredEvent
    from hubbub.notifications.readers import Readers

#: Events read at once, and rows in one statement.
PAGE = 500
INSERT = """
    INSERT INTO hubbub_notification
    (name, seq, title, message, priority, sender, request_id, timestamp, created, deleted, deletes,
    reads, data) VALUES {rows} RETURNING id, name, seq
"""
ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
ERASE = """
    UPDATE hubbub_notification SET title = '', message = '', data = NULL, deleted = %s
    WHERE name = %s AND id = %s
"""
COLUMNS = (
    *("seq", "id", "title", "message", "priority", "timestamp"),
    *("deleted", "deletes", "reads", "data"),
)


#: What version 1's event has, and a project's own object.
RELAYED = ("title", "message", "priority", "timestamp", "data")


class Draft(NamedTuple):
    """What is to be sent; or, with `deletes`, the id of what is to be deleted.

    `reads` is a reading's that was carried out (`models.py`).
    """

    title: str
    message: str
    priority: str
    timestamp: str
    deletes: int | None = None
    reads: int | None = None
    data: str = ""

    @property
    def said(self) -> tuple[str, str, str, str]:
        """What makes it the same as another."""
        return self.title, self.message, self.priority, self.data


Body = Draft | ReadOne | ReadAll


class Placed(NamedTuple):
    """An entry, the number that it gets in an inbox's stream, and what is stored of it."""

    inbox: str
    seq: int
    entry: Entry
    draft: Draft


class NotificationLog:
    """See `hubbub.journal.table.Table`."""

    label = "notifications"
    kinds: tuple[str, ...] = (KIND, EVERYONE)
    model: type[StoredEvent] = Notification
    keep = staticmethod(by_settings("notifications_keep_days", "notifications_keep_messages"))
    counted = Q(reads=None)

    def find(self, cursor: CursorWrapper, entries: Sequence[Entry]) -> dict[Key, Earlier]:
        """Notifications stored under these ids."""
        columns = ("seq", "timestamp", "deleted", "title", "message", "priority", "data")
        rows = find_rows(
            cursor,
            table="hubbub_notification",
            columns=("name", "sender", "request_id", *columns),
            keys=[(inbox_in(entry.stream), entry.sender, entry.request_id) for entry in entries],
        )
        return {
            (stream_of(inbox), sender, request_id or ""): Earlier(
                seq, timestamp, None if gone else (*texts, data or "")
            )
            for inbox, sender, request_id, seq, timestamp, gone, *texts, data in rows
        }

    def insert(
        self, cursor: CursorWrapper, batches: Sequence[Batch], created: datetime
    ) -> list[list[Line]]:
        """Store notifications, deletions, and readings, which are carried out before."""
        lines = [places_of(batch) for batch in batches]
        stored = [place for line in lines for place in line if isinstance(place, Placed)]
        ids = insert_rows(cursor, [row_of(place, created) for place in stored])
        erased = [(True, place.inbox, place.draft.deletes) for place in stored]
        erased = [row for row in erased if row[-1] is not None]
        if erased:
            cursor.executemany(ERASE, erased)
        return [[line_of(place, ids) for place in line] for line in lines]

    def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """What was sent and deleted; nothing is to be told of one that is deleted by now."""
        rows = Notification.objects.filter(name=inbox_in(stream), seq__gt=after, seq__lte=upto)
        return [
            read_back(seq, read_row(*row), created)
            for seq, *row, created in rows.order_by("seq").values_list(*COLUMNS, "created")[:PAGE]
        ]

    def same(self, entry: Entry, earlier: Earlier) -> bool:
        """Whether it is the same notification; of a deleted one nobody can tell."""
        draft: Draft = entry.body
        known = earlier.body.said if isinstance(earlier.body, Draft) else earlier.body
        return known is None or known == draft.said

    def stamp(self, entry: Entry) -> str:
        """When it was sent, or read."""
        body: Body = entry.body
        return body.timestamp

    def group(self, stream: str) -> str:
        """All connections, or those of a user."""
        inbox = inbox_in(stream)
        return user_group(inbox) if inbox else EVERYONE_GROUP

    def tell(self, hub: Hub, event: Event) -> None:
        """Tell the user, or everyone, each with a cursor of their own.

        All that a user gets goes to one group, so that it comes in the order of the cursors. Of a
        reading only its effect is told: how many are left.
        """
        readers, inbox = local_readers(), inbox_in(event.stream)
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


notification_log = NotificationLog()


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


def insert_rows(
    cursor: CursorWrapper, rows: Sequence[tuple[Any, ...]]
) -> dict[tuple[str, int], int]:
    """Insert rows; the id of each by its inbox and seq."""
    ids: dict[tuple[str, int], int] = {}
    for start in range(0, len(rows), PAGE):
        chunk = rows[start : start + PAGE]
        values = [value for row in chunk for value in row]
        cursor.execute(INSERT.format(rows=", ".join([ROW] * len(chunk))), values)
        ids |= {(inbox, seq): number for number, inbox, seq in cursor.fetchall()}
    return ids


def places_of(batch: Batch) -> list[Placed | Refusal]:
    """Where the entries of a stream are to be stored, or why not."""
    inbox, seq = inbox_in(batch.stream), batch.first
    places: list[Placed | Refusal] = []
    for entry in batch.entries:
        try:
            places.append(Placed(inbox, seq, entry, draft_of(entry.body, inbox, seq)))
            seq += 1
        except Refusal as refusal:
            places.append(refusal)
    return places


def draft_of(body: Body, inbox: str, seq: int) -> Draft:
    """What is to be stored under a seq; a reading has been carried out. Raises a Refusal."""
    if isinstance(body, Draft):
        return body
    return Draft("", "", "", body.timestamp, reads=body.carry_out(inbox, seq - 1))


def row_of(place: Placed, created: datetime) -> tuple[Any, ...]:
    """A row for `INSERT`."""
    inbox, seq, entry, draft = place
    return (
        *(inbox, seq, draft.title, draft.message, draft.priority),
        *(entry.sender, entry.request_id or None, draft.timestamp),
        *(ours().ops.adapt_datetimefield_value(created), False, draft.deletes, draft.reads),
        draft.data or None,
    )


def line_of(place: Placed | Refusal, ids: dict[tuple[str, int], int]) -> Line:
    """What is told of what was stored, or why it was not."""
    if isinstance(place, Refusal):
        return place
    return telling_of(ids[place.inbox, place.seq], place.draft)


def telling_of(number: int, draft: Draft) -> Telling:
    """What is told of an event, without its cursor; of a reading no frame, but how far it goes."""
    if draft.reads is not None:
        return Telling(b"", added=True, value=draft.reads)
    if draft.deletes is not None:
        return Telling(deleted_frame(Deleted(draft.deletes, draft.timestamp)), added=True)
    return Telling(notified_frame(Notified(*draft[:4], number, raw_data(draft.data))))


def read_row(  # noqa: PLR0917 - the columns of `COLUMNS`
    number: int,
    title: str,
    message: str,
    priority: str,
    timestamp: str,
    deleted: bool,  # noqa: FBT001 - a column
    deletes: int | None,
    reads: int | None,
    data: str | None,
) -> Telling:
    """What is told of a stored event, without its cursor; nothing of one that is deleted by now."""
    if deleted:
        return Telling(b"")
    draft = Draft(title, message, priority, timestamp, deletes, reads, data or "")
    return telling_of(number, draft)
