"""What the writer's own connection is told when it is opened."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import Error

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: Seconds that a batch waits for a lock that somebody else holds, before all in it are told to try
#: again: long enough for any honest transaction, short enough to answer a person.
LOCK_SECONDS = 2
#: A hot page is written back once in so many pages of the log, not once in 1000: at 200 rooms that
#: is a third of the writes. The log grows to 32 MB.
CHECKPOINT_PAGES = 8000

TUNING = {
    "sqlite": (
        f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}",
        f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}",
    ),
    "postgresql": (f"SET lock_timeout = '{LOCK_SECONDS}s'",),
}
#: SQLite's connections end with the thread.
UNTUNING = {"postgresql": ("RESET lock_timeout",)}


def open_tuned(connection: BaseDatabaseWrapper) -> None:
    """Open the connection if it is closed, and tell it. Raises DatabaseError."""
    if connection.connection is None:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            for statement in TUNING.get(connection.vendor, ()):
                cursor.execute(statement)


def close_tuned(connection: BaseDatabaseWrapper) -> None:
    """Close the connection; one that goes back to a pool is as it came."""
    statements = UNTUNING.get(connection.vendor, ())
    if statements and connection.connection is not None:
        # One that cannot be told is broken, and no pool keeps it.
        with suppress(Error), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    connection.close()
