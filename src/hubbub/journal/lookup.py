"""Finds rows by stream, sender and id, many at once, each by one search of the unique index.

`WHERE name IN (…) AND request_id IN (…)` reads every id of every room concerned: 130 ms for 200
keys among 200,000 rows, where this takes 1 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.utils import CursorWrapper

    from hubbub.journal.entry import Key

# CROSS JOIN keeps SQLite to this order; PostgreSQL finds it by itself.
FIND = """
    WITH wanted (a, b, c) AS (VALUES {rows})
    SELECT {columns} FROM wanted CROSS JOIN {table} AS found
    WHERE found.name = wanted.a AND found.sender = wanted.b AND found.request_id = wanted.c
"""


def find_rows(
    cursor: CursorWrapper, *, table: str, columns: Sequence[str], keys: Sequence[Key]
) -> list[tuple[Any, ...]]:
    """The rows under these keys; a key's first part is the stream's own name."""
    wanted = sorted(set(keys))
    statement = FIND.format(
        rows=", ".join(["(%s, %s, %s)"] * len(wanted)),
        columns=", ".join(f"found.{column}" for column in columns),
        table=table,
    )
    cursor.execute(statement, [part for key in wanted for part in key])
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
