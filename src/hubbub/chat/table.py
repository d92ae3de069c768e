"""The rooms' table, as the journal writes and reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q

from hubbub.accounts.shown import shown_id, stored_name
from hubbub.chat.changes import change_others, has_changes, standing_bodies
from hubbub.chat.messages import Deleted, Edited, Said
from hubbub.chat.models import Message
from hubbub.fanout.frame import frame_of
from hubbub.streams.table import Table, Telling, by_settings
from hubbub.wire.data import raw_data
from hubbub.wire.keys import read_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.utils import CursorWrapper

    from hubbub.streams.table import Batch, Earlier, Entry, Values

KIND = "chat"


class Body(NamedTuple):
    """What is to be said; or with `deletes`, or with `edits`, the seq of what is to be changed.

    Of what is stored, `deleted` and `edited` (when) say what became of it since.
    """

    message: str
    username: str
    timestamp: str
    data: str | None = None
    deleted: bool = False
    deletes: int | None = None
    edits: int | None = None
    edited: str | None = None

    @property
    def target(self) -> int | None:
        """The seq of what is to be changed."""
        return self.edits if self.deletes is None else self.deletes

    @property
    def changes(self) -> tuple[int | None, int | None]:
        """What is to be deleted, and what edited."""
        return self.deletes, self.edits

    @property
    def is_gone(self) -> bool:
        """Whether what it was is no more, so that nobody can compare it."""
        emptied = self.edits is not None and not self.message
        return self.deleted or self.edited is not None or emptied


def stream_of(room: str) -> str:
    """A room's stream."""
    return f"{KIND}:{room}"


class ChatTable(Table):
    """See `hubbub.streams.table.Table`. An edit or a deletion is an event of its own."""

    columns = Body._fields
    plain = columns.index("deletes")
    paged = Q(deletes=None, edits=None)
    #: What version 1's event has, and a project's own object.
    relayed = ("type", "message", "username", "timestamp", "data")

    def body(self, sender: str, message: str, username: str, *values: Any) -> Body:
        """What is stored, under the name as it is shown now."""
        return Body(message, stored_name(username, read_key(sender)), *values)

    def telling(self, seq: int, sender: str, body: Body) -> bytes | Telling:
        """Messages are for everyone, what becomes of them for those who know of that."""
        message, _, timestamp, _, _, deletes, edits, _ = body
        if deletes is not None:
            return Telling(frame_of(Deleted(deletes, seq, timestamp)), added=True)
        if edits is not None:
            edited = Edited(edits, message, seq, timestamp, deleted=not message)
            return Telling(frame_of(edited), added=True)
        return said(body, sender, seq)

    def meaning(self, body: Body) -> object:
        """What is said, or done to what."""
        return body.message, body.data, body.deletes, body.edits

    def same(self, entry: Entry, earlier: Earlier) -> bool:
        """Whether the same is said; of what was deleted or edited since nobody can tell.

        But a message is no change, and a change of one message is none of another.
        """
        known: Body = earlier.body
        wanted: Body = entry.body
        if known.is_gone:
            return known.changes == wanted.changes
        return super().same(entry, earlier)

    def settle(self, batches: Sequence[Batch]) -> list[Any] | None:
        """Where there are changes, those of a message that stands."""
        return standing_bodies(batches) if has_changes(batches) else None

    def besides(self, cursor: CursorWrapper, rows: Sequence[Values]) -> None:
        """Change the messages that edits and deletions are of."""
        change_others(cursor, rows)

    def group(self, stream: str) -> str:
        """The room's members: `chat_general` of `chat:general`."""
        return stream.replace(":", "_", 1)


chat_table = ChatTable(KIND, Message, by_settings("chat_keep_days", "chat_keep_messages"))


def passing_frame(
    message: str, username: str, timestamp: str, user_id: int | str | None, data: str | None
) -> bytes:
    """What `said` makes of a message that is not stored, without a body: that costs 0.6 µs."""
    shown, raw = shown_id(user_id), raw_data(data)
    return frame_of(Said(message, username, timestamp, user_id=shown, data=raw))


def said(body: Body, sender: str, seq: int = 0) -> bytes:
    """What everyone is told of a message, without a `seq` where it is not stored."""
    message, username, timestamp, data, gone, _, _, edited = body
    user_id = shown_id(read_key(sender)) if sender else None
    raw = raw_data(data) if data else None
    return frame_of(Said(message, username, timestamp, seq, user_id, gone, raw, edited))
