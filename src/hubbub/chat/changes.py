"""What edits and deletions do to the messages that they are of, in the journal's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubbub.database import ours
from hubbub.errors import NotFoundError
from hubbub.streams.table import name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.utils import CursorWrapper

    from hubbub.streams.table import Batch, Values

STANDS = """
    SELECT seq FROM hubbub_chat_message
    WHERE name = %s AND seq = %s AND NOT deleted AND deletes IS NULL AND edits IS NULL
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


def has_changes(batches: Sequence[Batch]) -> bool:
    """Whether an entry is of another message."""
    bodies = [entry.body for _, _, entries in batches for entry in entries]
    return any(body.deletes or body.edits for body in bodies)


def standing_bodies(batches: Sequence[Batch]) -> list[Any]:
    """The bodies of entries; in the place of a change NotFoundError, where nothing stands for it.

    A message that is there stands until it is deleted, be it by an entry before.
    """
    gone: set[tuple[str, int]] = set()
    found: list[Any] = []
    with ours().cursor() as cursor:
        for batch in batches:
            for entry in batch.entries:
                body, target = entry.body, (name_of(batch.stream), entry.body.target)
                if target[1] is not None and (target in gone or not stands(cursor, target)):
                    body = NotFoundError()
                elif body.deletes is not None:
                    gone.add(target)
                found.append(body)
    return found


def stands(cursor: CursorWrapper, target: tuple[str, int]) -> bool:
    """Whether there is a message in a room under a seq, which was not deleted."""
    cursor.execute(STANDS, target)
    return cursor.fetchone() is not None


def change_others(cursor: CursorWrapper, rows: Sequence[Values]) -> None:
    """Do what rows that were stored say of others, in the order in which it was asked for."""
    edits: list[tuple[str, str, str, int]] = []
    erased: list[tuple[str, int]] = []
    for name, _, _, _, _, message, _, timestamp, _, _, deletes, edited, _ in rows:
        if deletes is not None:
            erased.append((name, deletes))
        elif edited is not None:
            edits.append((message, timestamp, name, edited))
    if edits:
        cursor.executemany(EDIT, edits)
    if erased:
        cursor.executemany(ERASE, [(True, *target) for target in erased])
        cursor.executemany(ERASE_EDITS, erased)
