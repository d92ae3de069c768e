"""Edits and deletions as rows, in the journal's transaction, and what they do to earlier rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

    from hubbub.journal.log import Entry

STANDS = """
    SELECT seq FROM hubbub_chat_message
    WHERE name = %s AND seq = %s AND NOT deleted AND deletes IS NULL AND edits IS NULL
"""
INSERT = """
    INSERT INTO hubbub_chat_message
    (name, seq, message, username, sender, request_id, timestamp, created, deleted, deletes, edits)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
ERASE = """
    UPDATE hubbub_chat_message SET message = '', data = NULL, deleted = %s
    WHERE name = %s AND seq = %s
"""
#: What a message was edited to is told to nobody any more who reads it again.
ERASE_EDITS = "UPDATE hubbub_chat_message SET message = '' WHERE name = %s AND edits = %s"
EDIT = """
    UPDATE hubbub_chat_message SET message = %s, edited = %s
    WHERE name = %s AND seq = %s
"""


class Changes:
    """Those of one transaction: each of a message that is there, and stands until it is deleted."""

    def __init__(self, cursor: CursorWrapper, created: object) -> None:
        self._cursor = cursor
        self._created = created
        self._rows: list[tuple[Any, ...]] = []
        self._edits: list[tuple[str, str, str, int]] = []
        #: Rooms and seqs of what is deleted here.
        self._gone: dict[tuple[str, int], None] = {}

    def add(self, room: str, seq: int, entry: Entry) -> bool:
        """Take one that is to be stored under `seq`; False where nothing stands to be changed."""
        draft = entry.body
        target = (room, draft.target)
        if target in self._gone or not self._stands(target):
            return False
        if draft.deletes is not None:
            self._gone[target] = None
        else:
            self._edits.append((draft.message, draft.timestamp, *target))
        self._rows.append(
            (
                *(room, seq, draft.message, draft.username, entry.sender),
                *(entry.request_id or None, draft.timestamp, self._created, False),
                *(draft.deletes, draft.edits),
            )
        )
        return True

    def store(self) -> None:
        """Write the rows, then change the others in the order in which it was asked for."""
        if not self._rows:
            return
        self._cursor.executemany(INSERT, self._rows)
        if self._edits:
            self._cursor.executemany(EDIT, self._edits)
        if self._gone:
            self._cursor.executemany(ERASE, [(True, *target) for target in self._gone])
            self._cursor.executemany(ERASE_EDITS, list(self._gone))

    def _stands(self, target: tuple[str, int]) -> bool:
        self._cursor.execute(STANDS, target)
        return self._cursor.fetchone() is not None
