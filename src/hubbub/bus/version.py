"""SQLite's bell: a number that moves when any other connection has committed.

`PRAGMA data_version` costs 5 µs, four times a second, on the connection by which this process
stores: its own commits do not move it. The writer's thread asks for it.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from django.db import Error

from hubbub import undertest
from hubbub.bus.base import Doorbell
from hubbub.database import ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.base.base import BaseDatabaseWrapper

#: Seconds between two looks.
EVERY = 0.25


class DataVersion(Doorbell):
    """Wakes at the commits of others: they announce nothing. `ready` opens the connection."""

    def __init__(self, ready: Callable[[BaseDatabaseWrapper], None]) -> None:
        super().__init__()
        self._ready = ready
        self._seen: tuple[object, int] | None = None
        self._looked = 0.0

    def look(self) -> None:
        """Look at the version, if it is time; on the writer's thread."""
        now, connection = monotonic(), ours()
        if connection.vendor != "sqlite" or now - self._looked < EVERY or undertest.lent:
            return
        self._looked = now
        try:
            self._ready(connection)
            version = read_version(connection)
        except Error:
            return
        # A new connection counts from its own beginning: nobody knows what was written before.
        seen = (connection.connection, version)
        if seen != self._seen:
            self.wake()
        self._seen = seen


def read_version(wrapper: BaseDatabaseWrapper) -> int:
    """A number that moves when another connection commits (SQLite)."""
    with wrapper.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])
