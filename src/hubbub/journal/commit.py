"""One transaction for many entries, and what is done where it does not succeed."""

from __future__ import annotations

import re
from time import sleep
from typing import TYPE_CHECKING

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    transaction,
)

from hubbub.database import discard_broken, ours
from hubbub.errors import InvalidFormatError, OverloadedError
from hubbub.journal.store import store
from hubbub.journal.tune import be_patient, close_tuned, open_tuned
from hubbub.observe.events import STORING_FAILED, STORING_REFUSED
from hubbub.observe.outage import storing
from hubbub.observe.report import report
from hubbub.sqlite import is_mistake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

    from hubbub.errors import Refusal
    from hubbub.journal.entry import Entry, Outcome

DEADLOCK = "40P01"
#: Seconds before the second try after one, in which the side that was freed takes what it waited
#: for: without them PostgreSQL may give it to the writer again, and the ring is closed anew.
FREED_IN = 0.05
#: What a database, an adapter or an encoder says of a value that it does not take.
VALUES = (DataError, ValueError, TypeError, OverflowError)
#: Of constraints, those that a value alone breaks: a check, a project's trigger on SQLite, or that
#: the row is there to which it refers. That a column is missing is no client's fault.
CHECKS = (
    *("23514", "SQLITE_CONSTRAINT_CHECK", "SQLITE_CONSTRAINT_TRIGGER"),
    *("23503", "SQLITE_CONSTRAINT_FOREIGNKEY"),
)
#: Those that somebody else's row breaks, and the columns in which that is no client's fault: a
#: number that is taken already, also one that the database gives. In others it is a project's own
#: rule.
UNIQUE = ("23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
NUMBERED = frozenset({"name", "seq", "sender", "request_id"})
#: Where PostgreSQL says them, in whatever language, and where SQLite does.
COLUMNS = re.compile(r"\((.+?)\)=\(|: (.+)$")


class LostSessionError(OperationalError):
    """The database had ended the session before anything was said in a transaction."""


def commit_apart(entries: Sequence[Entry]) -> list[Outcome]:
    """Store entries by halves, until the one that cannot be stored is alone.

    One bad row among 512 costs 18 transactions more, not 512.
    """
    try:
        return commit(entries)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it answers for no other entry
        if len(entries) > 1:
            half = len(entries) // 2
            return commit_apart(entries[:half]) + commit_apart(entries[half:])
        return [refuse(entries[0], error)]


def refuse(entry: Entry, error: BaseException) -> Refusal:
    """What is said of an entry that alone could not be stored: is it its value, or we?"""
    name = type(error).__name__
    if is_of_value(error, entry):
        field = entry.odd_field()
        report(STORING_REFUSED, name, error=error, field=field)
        return InvalidFormatError(field=field)
    report(STORING_FAILED, name, error=error, events=1)
    return OverloadedError("storing")


def is_of_value(error: BaseException, entry: Entry) -> bool:
    """Whether what was asked for cannot be stored by anybody, rather than by us."""
    if isinstance(error, IntegrityError):
        cause = error.__cause__
        names = {getattr(cause, name, None) for name in ("sqlstate", "sqlite_errorname")}
        given = entry.table.model._meta.auto_field
        numbered = NUMBERED | ({str(given.column)} if given else set())
        broken = not names.isdisjoint(UNIQUE) and not numbered.issuperset(columns_of(cause))
        # What Django finds itself, under a test on SQLite, is a row that is not there.
        return cause is None or broken or not names.isdisjoint(CHECKS)
    return isinstance(error, VALUES)


def columns_of(cause: object) -> set[str]:
    """The columns in which something would be there twice, as the database names them."""
    diag = getattr(cause, "diag", None)
    found = COLUMNS.search(str(cause) if diag is None else diag.message_detail or "")
    names = (found[1] or found[2] if found else "").split(", ")
    return {name.rpartition(".")[2].strip('"') for name in names}


def commit(entries: Sequence[Entry]) -> list[Outcome]:
    """Store entries in one transaction. Raises whatever an entry that cannot be stored does."""
    try:
        outcomes = commit_with_patience(entries)
    except (OperationalError, InterfaceError, InternalError) as error:
        if is_mistake(error, ours()):  # of one table, whose column was not migrated
            raise
        return away(entries, error)
    except DatabaseError as error:
        if type(error) is DatabaseError:
            # SQLite's for a file that is none of its own any more.
            return away(entries, error)
        raise
    storing.end()
    return outcomes


def away(entries: Sequence[Entry], error: Exception) -> list[Outcome]:
    """Away, locked, full or read-only: nothing was stored, and all of it may be sent again."""
    storing.begin(error)
    return [OverloadedError("database")] * len(entries)


def commit_with_patience(entries: Sequence[Entry]) -> list[Outcome]:
    """One transaction, or a second where PostgreSQL did nothing of the first.

    It ended it to free somebody in a ring; or had ended the session while nothing was stored, as
    may a pooler or a firewall, and then the other ones of the pool too.
    """
    try:
        return commit_unseen(entries)
    except LostSessionError:
        close_tuned(ours())
        discard_broken(ours())
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
            raise
        sleep(FREED_IN)
    return commit_unseen(entries)


def commit_unseen(entries: Sequence[Entry]) -> list[Outcome]:
    """As if none of the entries had come before, and once more where the table says that one did.

    Few are ever sent again, and to look for all of them is a fifth of the writer's time.
    """
    try:
        return commit_once(entries, look=False)
    except IntegrityError:
        return commit_once(entries, look=True)


def commit_once(entries: Sequence[Entry], *, look: bool) -> list[Outcome]:
    """One transaction on this thread's connection. Raises DatabaseError."""
    connection = ours()
    open_tuned(connection)
    with transaction.atomic(using=connection.alias):
        begin(connection)
        outcomes = store(connection, entries, look=look)
        if len(connection.atomic_blocks) > 1:  # a test's own, which nobody commits
            connection.check_constraints({entry.table.model._meta.db_table for entry in entries})
        return outcomes


def begin(connection: BaseDatabaseWrapper) -> None:
    """Say the first thing in a transaction. Raises LostSessionError if there is nobody to hear."""
    try:
        be_patient(connection)
    except (OperationalError, InterfaceError) as error:
        raise LostSessionError(str(error)) from error
