"""What the writer's own connection is told when it is opened."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import DatabaseError, OperationalError, ProgrammingError, transaction

from hubbub.sqlite import check_file, is_lost
from hubbub.walog import keep_log, note_log

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
        "PRAGMA schema_version",  # which reads, and so opens the log
    ),
}
#: Said in each transaction, and to no connection: a pooler gives the same one to others after it.
PATIENCE = f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"
#: Stores something, and changes nothing.
NOTHING = """
    UPDATE hubbub_stream SET last_seq = last_seq
    WHERE name = (SELECT min(name) FROM hubbub_stream)
"""
#: Milliseconds that a prober's look at SQLite waits for the lock: a batch of ours holds it for 10.
LOOK_TIMEOUT = 500
#: A MiB, for which a disk must have room after it was full, and the pages that SQLite keeps in
#: memory while that is tried.
WRITING = {
    "sqlite": (
        "CREATE TABLE hubbub_room (bytes)",
        "INSERT INTO hubbub_room VALUES (zeroblob(1048576))",
    ),
    "postgresql": (
        "CREATE TEMPORARY TABLE hubbub_room (bytes text)",
        "INSERT INTO hubbub_room SELECT repeat('x', 1024) FROM generate_series(1, 1024)",
    ),
}
FEW_PAGES = 16


def open_tuned(connection: BaseDatabaseWrapper) -> None:
    """Open the connection if it is closed, and tell it; no file is begun where there is none.

    Whether its file is lost is looked at after each commit. Raises DatabaseError.
    """
    if connection.connection is None:
        check_file(connection)
        connection.ensure_connection()
        with connection.cursor() as cursor:
            for statement in TUNING.get(connection.vendor, ()):
                cursor.execute(statement)
        note_log(connection)


def open_kept(connection: BaseDatabaseWrapper) -> None:
    """The same between two transactions, some times a second, so that SQLite's log is kept."""
    open_tuned(connection)
    keep_log(connection)
    open_tuned(connection)


def close_tuned(connection: BaseDatabaseWrapper) -> None:
    """Close the connection, but for one in somebody's transaction, as in that of a project's test.

    One that goes back to a pool is as it came.
    """
    if not connection.in_atomic_block:
        connection.close()


def be_patient(connection: BaseDatabaseWrapper) -> None:
    """Wait for others' locks in the open transaction, and not for ever (PostgreSQL)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(PATIENCE)


def can_store(connection: BaseDatabaseWrapper) -> bool:
    """Whether a commit succeeds on the writer's connection."""
    try:
        open_tuned(connection)
        store_nothing(connection)
        return not is_lost(connection)
    except DatabaseError:
        close_tuned(connection)
        return False


def store_nothing(connection: BaseDatabaseWrapper) -> None:
    """Commit something that changes nothing. Raises DatabaseError, also where there is no room."""
    if connection.vendor == "sqlite":
        check_room_of_sqlite(connection)
    elif connection.vendor == "postgresql":
        with suppress(ProgrammingError):  # who may make no table learns less
            write_and_forget(connection)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        be_patient(connection)
        cursor.execute(NOTHING)


def write_and_forget(connection: BaseDatabaseWrapper) -> None:
    """Write as much as a long commit is, and take it back. Raises DatabaseError.

    What changes nothing is one page, and for that there is room on a full disk: where the commit
    that failed had begun.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in WRITING[connection.vendor]:
            cursor.execute(statement)
        transaction.set_rollback(True, using=connection.alias)


def check_room_of_sqlite(connection: BaseDatabaseWrapper) -> None:
    """As `write_and_forget`, with so little memory that what is not committed is written too."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        memory = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA cache_size = {FEW_PAGES}")
        try:
            write_and_forget(connection)
        finally:
            cursor.execute(f"PRAGMA cache_size = {memory}")


def check_writable(connection: BaseDatabaseWrapper) -> None:
    """Look whether something could be stored, and store nothing. Raises DatabaseError."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            cursor.execute("PRAGMA busy_timeout")
            patience = cursor.fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout = {LOOK_TIMEOUT}")
            try:
                cursor.execute("BEGIN IMMEDIATE")
                cursor.execute("ROLLBACK")
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {patience}")
        elif connection.vendor == "postgresql":
            cursor.execute("SHOW transaction_read_only")
            if cursor.fetchone()[0] == "on":
                raise OperationalError("the database is read-only")
