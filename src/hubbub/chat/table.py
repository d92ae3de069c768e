"""The rooms' table, as the journal writes and reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q

from hubbub.accounts.shown import shown_id, stored_name
from hubbub.chat.changes import change_others, standing_drafts
from hubbub.chat.messages import Deleted, Edited, Said
from hubbub.chat.models import Message
from hubbub.chat.rooms import room_group
from hubbub.fanout.frame import frame_of
from hubbub.streams.table import Table, Telling, by_settings, name_of
from hubbub.wire.data import raw_data
from hubbub.wire.keys import read_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper

    from hubbub.streams.table import Batch, Earlier, Entry, Values

KIND = "chat"


class Draft(NamedTuple):
    """What is to be said; or with `deletes`, or with `edits`, the seq of what is to be changed.

    Of what is stored, `deleted` and `edited` (when) say what became of it since.
    """

    message: str
    username: str
    timestamp: str
    deletes: int | None = None
    data: str = ""
    edits: int | None = None
    deleted: bool = False
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

    columns = ("message", "username", "deleted", "deletes", "data", "edits", "edited")
    paged = Q(deletes=None, edits=None)
    #: What version 1's event has, and a project's own object.
    relayed = ("type", "message", "username", "timestamp", "data")

    def own(self, draft: Draft) -> Values:
        """The values of `columns`."""
        data = draft.data or None
        return draft.message, draft.username, False, draft.deletes, data, draft.edits, None

    def draft(  # noqa: PLR0917 - columns
        self,
        sender: str,
        timestamp: str,
        message: str,
        username: str,
        deleted: bool,  # noqa: FBT001 - a column
        deletes: int | None,
        data: str | None,
        edits: int | None,
        edited: str | None,
    ) -> Draft:
        """What is stored, under the name as it is shown now."""
        name = stored_name(username, read_key(sender))
        return Draft(message, name, timestamp, deletes, data or "", edits, deleted, edited)

    def telling(self, seq: int, sender: str, draft: Draft) -> bytes | Telling:
        """Messages are for everyone, what becomes of them for those who know of that."""
        if draft.deletes is not None:
            deleted = Deleted(draft.deletes, seq, draft.timestamp)
            return Telling(frame_of(deleted), added=True)
        if draft.edits is not None:
            gone = not draft.message
            edited = Edited(draft.edits, draft.message, seq, draft.timestamp, deleted=gone)
            return Telling(frame_of(edited), added=True)
        return said(draft, sender, seq)

    def meaning(self, draft: Draft) -> object:
        """What is said, or done to what."""
        return draft.message, draft.data, draft.deletes, draft.edits

    def same(self, entry: Entry, earlier: Earlier) -> bool:
        """Whether the same is said; of what was deleted or edited since nobody can tell.

        But a message is no change, and a change of one message is none of another.
        """
        known: Draft = earlier.body
        wanted: Draft = entry.body
        if known.is_gone:
            return known.changes == wanted.changes
        return super().same(entry, earlier)

    def settle(self, batches: Sequence[Batch], created: datetime) -> list[list[Any]]:
        """What is said; of changes those of a message that stands."""
        drafts = super().settle(batches, created)
        for batch in drafts:
            for draft in batch:
                if draft.edits is not None or draft.deletes is not None:
                    return standing_drafts(batches)
        return drafts

    def besides(self, cursor: CursorWrapper, rows: Sequence[Values]) -> None:
        """Change the messages that edits and deletions are of."""
        change_others(cursor, rows)

    def group(self, stream: str) -> str:
        """The room's members."""
        return room_group(name_of(stream))


chat_table = ChatTable(KIND, Message, by_settings("chat_keep_days", "chat_keep_messages"))


def said(draft: Draft, sender: str, seq: int = 0) -> bytes:
    """What everyone is told of a message, without a `seq` where it is not stored."""
    user_id = shown_id(read_key(sender)) if sender else None
    data = raw_data(draft.data) if draft.data else None
    gone, edited = draft.deleted, draft.edited
    return frame_of(
        Said(draft.message, draft.username, draft.timestamp, seq, user_id, gone, data, edited)
    )
