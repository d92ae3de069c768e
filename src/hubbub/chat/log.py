"""The rooms' table, as the journal writes and reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hubbub.accounts.shown import shown_id, stored_name
from hubbub.chat.changes import Changes
from hubbub.chat.messages import (
    Deleted,
    Edited,
    Said,
    deleted_frame,
    edited_frame,
    said_frame,
)
from hubbub.chat.models import Message
from hubbub.chat.rooms import room_group
from hubbub.database import ours
from hubbub.errors import NotFoundError
from hubbub.journal.log import Earlier, Shelf, Telling, by_settings, read_back
from hubbub.journal.lookup import find_rows
from hubbub.journal.relay import pass_on
from hubbub.wire.data import raw_data
from hubbub.wire.keys import read_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper

    from hubbub.bus.base import Event
    from hubbub.fanout.hub import Hub
    from hubbub.journal.log import Batch, Entry, Key, Line, Row

KIND = "chat"
#: Events read at once.
PAGE = 500
INSERT = """
    INSERT INTO hubbub_chat_message
    (name, seq, message, username, sender, request_id, timestamp, created, deleted, deletes, data)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
COLUMNS = (
    *("seq", "message", "username", "sender", "timestamp", "deleted", "deletes", "data"),
    *("edits", "edited"),
)

#: What version 1's event has, and a project's own object.
RELAYED = ("type", "message", "username", "timestamp", "data")


class Draft(NamedTuple):
    """What is to be said; or with `deletes`, or with `edits`, the seq of what is to be changed."""

    message: str
    username: str
    timestamp: str
    deletes: int | None = None
    data: str = ""
    edits: int | None = None

    @property
    def target(self) -> int | None:
        """The seq of what is to be changed."""
        return self.edits if self.deletes is None else self.deletes


def stream_of(room: str) -> str:
    """A room's stream."""
    return f"{KIND}:{room}"


def room_of(stream: str) -> str:
    """A stream's room."""
    return stream.partition(":")[2]


class ChatLog:
    """See `hubbub.journal.log.Log`."""

    shelf = Shelf(KIND, (KIND,), Message, by_settings("chat_keep_days", "chat_keep_messages"))

    def find(self, cursor: CursorWrapper, entries: Sequence[Entry]) -> dict[Key, Earlier]:
        """Messages stored under these ids."""
        columns = ("seq", "timestamp", "message", "data", "deleted", "deletes", "edits", "edited")
        rows = find_rows(
            cursor,
            table="hubbub_chat_message",
            columns=("name", "sender", "request_id", *columns),
            keys=[(room_of(entry.stream), entry.sender, entry.request_id) for entry in entries],
        )
        return {
            (stream_of(room), sender, request_id): Earlier(seq, timestamp, known(*columns))
            for room, sender, request_id, seq, timestamp, *columns in rows
        }

    def insert(
        self, cursor: CursorWrapper, batches: Sequence[Batch], created: datetime
    ) -> list[list[Line]]:
        """Store messages, and what becomes of earlier ones."""
        stored = ours().ops.adapt_datetimefield_value(created)
        rows: list[tuple[Any, ...]] = []
        changes = Changes(cursor, stored)
        lines: list[list[Line]] = []
        for batch in batches:
            room, seq = room_of(batch.stream), batch.first
            lines.append([])
            for entry in batch.entries:
                draft: Draft = entry.body
                if draft.edits is None and draft.deletes is None:
                    rows.append(row_of(room, seq, entry, stored))
                elif not changes.add(room, seq, entry):
                    lines[-1].append(NotFoundError())
                    continue
                lines[-1].append(line_of(seq, draft, entry.sender))
                seq += 1
        if rows:
            cursor.executemany(INSERT, rows)
        changes.store()
        return lines

    def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """What was said, edited and deleted."""
        rows = Message.objects.filter(name=room_of(stream), seq__gt=after, seq__lte=upto)
        return [
            read_back(row[0], read_row(*row), created)
            for *row, created in rows.order_by("seq").values_list(*COLUMNS, "created")[:PAGE]
        ]

    def same(self, entry: Entry, earlier: Earlier) -> bool:
        """Whether the same is said; of what was deleted or edited since nobody can tell."""
        draft: Draft = entry.body
        before = earlier.body
        if isinstance(before, Draft):
            before = told_of(before)
        return before is None or told_of(draft) == before

    def stamp(self, entry: Entry) -> str:
        """When it was said."""
        draft: Draft = entry.body
        return draft.timestamp

    def group(self, stream: str) -> str:
        """The room's members."""
        return room_group(room_of(stream))

    def tell(self, hub: Hub, event: Event) -> None:
        """Messages are for everyone, what becomes of them for those who know of that."""
        hub.tell(room_group(room_of(event.stream)), event)

    def relay(self, event: Event) -> None:
        """Version 1's event, for Channels consumers in the room's group."""
        pass_on(self.group(event.stream), event, RELAYED)


chat_log = ChatLog()


def row_of(room: str, seq: int, entry: Entry, created: object) -> tuple[Any, ...]:
    """A row for `INSERT`."""
    draft: Draft = entry.body
    return (
        room,
        seq,
        draft.message,
        draft.username,
        entry.sender,
        entry.request_id or None,
        draft.timestamp,
        created,
        False,
        None,
        draft.data or None,
    )


def told_of(draft: Draft) -> tuple[object, ...]:
    """What makes an event the same when it comes again."""
    return draft.message, draft.data, draft.deletes, draft.edits


def known(  # noqa: PLR0917 - columns
    message: str,
    data: str | None,
    deleted: bool,  # noqa: FBT001 - a column
    deletes: int | None,
    edits: int | None,
    edited: str | None,
) -> tuple[object, ...] | None:
    """The same of a stored event; None where what it was is no more."""
    if deleted or edited is not None or (edits is not None and not message):
        return None
    return message, data or "", deletes, edits


def line_of(seq: int, draft: Draft, sender: str) -> Line:
    """What is told of an event that is being stored."""
    if draft.deletes is not None:
        return Telling(deleted_frame(Deleted(draft.deletes, seq, draft.timestamp)), added=True)
    if draft.edits is not None:
        edited = Edited(draft.edits, draft.message, seq, draft.timestamp)
        return Telling(edited_frame(edited), added=True)
    return said_now(draft, sender, seq)


def said_now(draft: Draft, sender: str, seq: int = 0) -> bytes:
    """What everyone is told of a message, without a `seq` where it is not stored."""
    user_id = shown_id(read_key(sender)) if sender else None
    data = raw_data(draft.data) if draft.data else None
    return said_frame(
        Said(draft.message, draft.username, draft.timestamp, seq, user_id, False, data)  # noqa: FBT003 - on a hot path
    )


def read_row(*row: Any) -> Telling:
    """What members were told of a stored event; of a deleted message, without its text."""
    seq, message, _, _, timestamp, _, deletes, _, edits, _ = row
    if deletes is not None:
        return Telling(deleted_frame(Deleted(deletes, seq, timestamp)), added=True)
    if edits is not None:
        edited = Edited(edits, message, seq, timestamp, deleted=not message)
        return Telling(edited_frame(edited), added=True)
    return Telling(said_frame(read_said(*row)))


def read_said(  # noqa: PLR0917 - the columns of `COLUMNS`
    seq: int,
    message: str,
    username: str,
    sender: str,
    timestamp: str,
    deleted: bool,  # noqa: FBT001 - a column
    deletes: None,
    data: str | None,
    edits: None,
    edited: str | None,
) -> Said:
    """A stored message."""
    del deletes, edits
    user_id = read_key(sender)
    name = stored_name(username, user_id)
    user_id, data_as_told = shown_id(user_id), raw_data(data)
    return Said(message, name, timestamp, seq, user_id, deleted, data_as_told, edited)
