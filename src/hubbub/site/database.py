"""Which database the site uses, as Django's DATABASES wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import dj_database_url

from hubbub.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "hubbub.sqlite3"
SQLITE = "django.db.backends.sqlite3"

Synchronous = Literal["NORMAL", "FULL"]


def databases(url: str | None, folder: Path, synchronous: Synchronous = "NORMAL") -> dict[str, Any]:
    """The database of a URL, else an SQLite file in `folder`. Raises SettingError for a bad URL."""
    database: dict[str, Any] = parse(url) if url else {"ENGINE": SQLITE, "NAME": folder / NAME}
    if database["ENGINE"] == SQLITE:
        database["OPTIONS"] = sqlite_options(synchronous) | database.get("OPTIONS", {})
    return {"default": database}


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
    """Read a database URL; a connection is not kept, as ASGI has no thread that would reuse it."""
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
