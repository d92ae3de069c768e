"""The databases of servers under test: SQLite files, or on the PostgreSQL of TEST_DATABASE_URL.

A server is told of its database by its environment, and so are those who look into it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.journal import postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

URL = "HUBBUB_DATABASE_URL"


@contextmanager
def new_database(template: str = "") -> Iterator[dict[str, str]]:
    """What makes a server use a fresh database, where that is no file; a copy of `template`."""
    if server := postgresql.given():
        with postgresql.new_database(server, template) as url:
            yield {URL: url}
    else:
        yield {}


@contextmanager
def opened(env: Mapping[str, str]) -> Iterator[Any]:
    """A connection to a server's database; what it executes is committed at once."""
    if url := env.get(URL, ""):
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
    else:
        (file,) = Path(env["HUBBUB_DATA"]).glob("*.sqlite3")
        with closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as connection:
            yield connection
