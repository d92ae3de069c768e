"""The write-ahead log beside an SQLite file, which somebody may delete while it is written to.

SQLite goes on in the log that it has open: what it says that it has stored is gone with the
process, and who opens the file meanwhile finds nothing of it. Until then it can be saved.
"""

from __future__ import annotations

from os import stat
from os.path import realpath
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakSet

from django.db import DatabaseError
from django.db.backends.signals import connection_created

from hubbub.observe.events import DATABASE_LOG_GONE
from hubbub.observe.report import report
from hubbub.sqlite import is_lost, path_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: The attribute of a connection that has what was seen beside its file.
SEEN = "hubbub_beside"
_opened: WeakSet[BaseDatabaseWrapper] = WeakSet()


class Beside(NamedTuple):
    """The inodes of the log and of what processes share about it, None for none; its bytes."""

    log: int | None
    shared: int | None
    size: int


NOTHING = Beside(None, None, 0)


def note_log(wrapper: BaseDatabaseWrapper) -> None:
    """Remember the log of a connection that has just been opened, and has read something."""
    if path := path_of(wrapper):
        remember(wrapper, beside(realpath(path)))


def remember(wrapper: BaseDatabaseWrapper, here: Beside) -> None:
    """Note what was seen beside a connection's file."""
    setattr(wrapper, SEEN, (wrapper.connection, here))


def keep_log(wrapper: BaseDatabaseWrapper) -> None:
    """Save what is in a log that was deleted, replaced or cut off, and have a new one begun.

    For a connection that stays open, between two of its transactions, some times a second. It is
    closed then, and each other one of the process by its own thread, before its next question.
    """
    path = path_of(wrapper)
    if path is None or wrapper.connection is None or is_lost(wrapper):
        return
    opened, seen = getattr(wrapper, SEEN, (None, NOTHING))
    # Looked at once: what is deleted between two looks would be remembered as never there.
    here = beside(realpath(path))
    if opened is wrapper.connection and not is_same(seen, here):
        deleted, saved = here[:2] != seen[:2], save(wrapper)
        here = here._replace(size=0)
        if deleted and saved is not None:
            report(DATABASE_LOG_GONE, "saved" if saved else "in use")
        if saved is False:
            return
        if deleted or saved is None:
            give_up(path)
            wrapper.close()
    remember(wrapper, here)


def is_same(seen: Beside, here: Beside) -> bool:
    """Whether it is what was there; it only grows, but where somebody cuts it off."""
    return here[:2] == seen[:2] and here.size >= seen.size


def beside(path: str) -> Beside:
    """What is beside a file."""
    log, size = inode_and_size(f"{path}-wal")
    return Beside(log, inode_and_size(f"{path}-shm")[0], size)


def inode_and_size(path: str) -> tuple[int | None, int]:
    """A file's, in bytes."""
    try:
        found = stat(path)  # noqa: PTH116 - as in `hubbub.sqlite`
    except OSError:
        return None, 0
    return found.st_ino, found.st_size


def save(wrapper: BaseDatabaseWrapper) -> bool | None:
    """Write what is in the log into the file itself; False where others read, and it may later.

    None where it cannot be read any more.
    """
    try:
        with wrapper.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return not cursor.fetchone()[0]
    except DatabaseError as error:
        report(DATABASE_LOG_GONE, "lost", error=error)
        return None


def give_up(path: str) -> None:
    """Have every connection to a file closed where Django looks whether it is too old."""
    for wrapper in list(_opened):
        if path_of(wrapper) == path:
            wrapper.close_at = 0.0


def note_opened(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Remember a connection, of whatever thread."""
    _opened.add(connection)


connection_created.connect(note_opened)
