"""Whether the SQLite file that a connection has open is still the one that its path leads to.

SQLite goes on in a file that was deleted or replaced: it loses what it says that it has stored, and
nobody is told. A look costs a microsecond or two. Other databases say by themselves that they are
away, and a database in memory has no path.
"""

from __future__ import annotations

from os import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import OperationalError
from django.db.backends.signals import connection_created

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: The attribute of a connection that has its file.
OPEN = "hubbub_file"


class File(NamedTuple):
    """A file, and its bytes: it only grows, but where somebody cuts it off or vacuums it."""

    device: int
    inode: int
    size: int


def path_of(wrapper: BaseDatabaseWrapper) -> str | None:
    """The path of a connection's file; None where the database is no file."""
    if wrapper.vendor != "sqlite":
        return None
    name = str(wrapper.settings_dict["NAME"])
    return None if name.startswith((":memory:", "file:")) else name


def find_file(wrapper: BaseDatabaseWrapper) -> File | None:
    """The file at a connection's path; None where there is no path. Raises OperationalError."""
    name = path_of(wrapper)
    if name is None:
        return None
    try:
        found = stat(name)  # noqa: PTH116 - a path takes twice the time
    except OSError as error:
        raise OperationalError(f"the database file cannot be found: {error.strerror}") from None
    return File(found.st_dev, found.st_ino, found.st_size)


def note_file(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Remember what a connection has just opened."""
    setattr(connection, OPEN, find_file(connection))


def is_mistake(error: BaseException, wrapper: BaseDatabaseWrapper) -> bool:
    """Whether SQLite complains of a statement: a table or a column that is not there, its grammar.

    PostgreSQL says ProgrammingError then. In a file that was replaced nothing is there, and that is
    nobody's mistake.
    """
    name = getattr(error.__cause__, "sqlite_errorname", "")
    return name == "SQLITE_ERROR" and not is_lost(wrapper)


def is_lost(wrapper: BaseDatabaseWrapper) -> bool:
    """Whether what was written on a connection can be read by nobody who opens the path.

    Of one that was closed since, the file that it had is looked at.
    """
    known = getattr(wrapper, OPEN, None)
    if known is None:
        return False
    try:
        here = find_file(wrapper)
    except OperationalError:
        return True
    if here is None or here[:2] != known[:2] or here.size < known.size:
        return True
    if here.size > known.size:
        setattr(wrapper, OPEN, here)
    return False


def check_file(wrapper: BaseDatabaseWrapper) -> None:
    """Close a connection whose file is lost; where there is no file now, none is begun.

    Raises OperationalError.
    """
    if is_lost(wrapper):
        wrapper.close()
        setattr(wrapper, OPEN, None)
    if wrapper.connection is None:
        find_file(wrapper)


connection_created.connect(note_file)
