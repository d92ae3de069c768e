"""Which database the site uses, as Django's DATABASES wants it."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import dj_database_url

from hubbub.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "hubbub.sqlite3"
SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"
#: What a file's mode lets others do.
OTHERS = 0o077
#: Connections of one process to PostgreSQL: the writer's, the listener's, the sockets' threads' and
#: those of HTTP requests. Whoever gets none within five seconds is told that the server is busy.
#: The pause between two tries to connect doubles for `reconnect_timeout` seconds, then they begin
#: anew: else a database that was away for minutes would be found again minutes after it is back.
POOL = {"min_size": 2, "max_size": 24, "timeout": 5, "reconnect_timeout": 5}

Synchronous = Literal["NORMAL", "FULL"]


def databases(url: str | None, folder: Path, synchronous: Synchronous = "NORMAL") -> dict[str, Any]:
    """The database of a URL, else an SQLite file in `folder`. Raises SettingError for a bad URL."""
    database: dict[str, Any] = parse(url) if url else {"ENGINE": SQLITE, "NAME": folder / NAME}
    if not url:
        keep_to_owner(folder / NAME)
    if database["ENGINE"] == SQLITE:
        # To open the file anew for each question takes 0.7 ms, as long as many a question itself.
        database["CONN_MAX_AGE"] = None
        database["OPTIONS"] = sqlite_options(synchronous) | database.get("OPTIONS", {})
    elif database["ENGINE"] == POSTGRESQL:
        if find_spec("psycopg") is None:
            raise SettingError(
                "HUBBUB_DATABASE_URL: PostgreSQL needs its driver: pip install 'hubbub[postgres]'"
            )
        database["OPTIONS"] = {"pool": dict(POOL)} | database.get("OPTIONS", {})
    return {"default": database}


def keep_to_owner(path: Path) -> None:
    """Have an SQLite file, and those that SQLite makes beside it, readable by the owner alone.

    SQLite gives them the mode of the first, and that one, where it makes it, what the umask leaves.
    Raises SettingError.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
            if file.exists() and file.stat().st_mode & OTHERS and is_ours(file):
                file.chmod(0o600)
    except OSError as error:
        raise SettingError(f"HUBBUB_DATA: cannot have {path} for itself: {error}") from None


def is_ours(file: Path) -> bool:
    """Whether this process may say who reads a file: another user's is left as it is."""
    return hasattr(os, "geteuid") and file.stat().st_uid == os.geteuid()


def sqlite_options(synchronous: Synchronous) -> dict[str, Any]:
    """WAL lets readers and a writer work at once; IMMEDIATE waits for the lock.

    Without it a reader that turns writer would fail at once. Both degrees of `synchronous` keep
    every commit when the process dies; when the power fails, NORMAL may lose the newest ones, and
    FULL, which waits for the disk at each commit, none.
    """
    return {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}",
    }


def parse(url: str) -> dict[str, Any]:
    """Read a database URL. CONN_MAX_AGE is 0, since connections to PostgreSQL come from a pool."""
    try:
        database = dict(dj_database_url.parse(url))
    except (ValueError, KeyError):
        database = {}
    if not database.get("ENGINE"):
        raise SettingError(
            "HUBBUB_DATABASE_URL: not a database URL such as sqlite:////folder/file.sqlite3"
            " or postgres://user:password@host:5432/name"
        )
    return database
