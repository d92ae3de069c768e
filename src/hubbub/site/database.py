"""Which database the site uses, as Django's DATABASES wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dj_database_url

from hubbub.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "hubbub.sqlite3"
SQLITE = "django.db.backends.sqlite3"
#: WAL lets readers and a writer work at once, IMMEDIATE waits for the lock instead of failing when
#: a reader turns writer, and NORMAL keeps every commit through a crash of the process.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
}


def databases(url: str | None, folder: Path) -> dict[str, Any]:
    """The database of a URL, else an SQLite file in `folder`. Raises SettingError for a bad URL."""
    database: dict[str, Any] = parse(url) if url else {"ENGINE": SQLITE, "NAME": folder / NAME}
    if database["ENGINE"] == SQLITE:
        database["OPTIONS"] = SQLITE_OPTIONS | database.get("OPTIONS", {})
    return {"default": database}


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
