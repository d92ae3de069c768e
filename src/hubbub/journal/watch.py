"""Notices that another process, or another connection, wrote to the database.

SQLite: `PRAGMA data_version` on the writer's own connection moves when any other connection has
committed; it costs 5 µs, four times a second. PostgreSQL: a connection that listens to what
`announce` says, on a thread of its own. Where a pooler swallows that, the table is looked at often.
"""

from __future__ import annotations

import secrets
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError

from hubbub import undertest
from hubbub.database import ours
from hubbub.errors import HubbubError
from hubbub.journal.listener import open_listener
from hubbub.journal.tune import open_tuned
from hubbub.observe.outage import listening, unheard
from hubbub.walog import keep_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.base.base import BaseDatabaseWrapper

CHANNEL = "hubbub"
#: What this process announces itself by: its own commits are told by its own bus.
PROCESS = ""
#: Seconds between two tries to listen while PostgreSQL is away.
PAUSE = 1.0
#: Seconds between two looks at whether to go on listening: a stop waits no longer.
SLICE = 0.1
#: Seconds in which a process hears its own announcement, unless something lets none through.
HEARD_IN = 2.0
#: Seconds between two looks at the table while no notice comes: what others store is told in time.
UNHEARD_EVERY = 0.5
#: Seconds between two looks at SQLite.
EVERY = 0.25


#: What is the matter, and the way out.
NO_NOTICE = "LISTEN hears nothing by a pooler in transaction mode: HUBBUB_LISTEN goes round it"


class NoNoticeError(HubbubError):
    """What was announced was not heard."""


class Watch:
    """Calls `wake` whenever somebody else may have stored an event."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self.forget()

    def forget(self) -> None:
        """Be as it was when it was made: nothing was seen, no thread listens, and it is another."""
        global PROCESS  # noqa: PLW0603 - a child process is not its parent
        PROCESS = secrets.token_hex(8)
        self._seen: tuple[object, int] | None = None
        self._looked = 0.0
        self._thread: Thread | None = None
        self._stopped = Event()

    def start(self) -> None:
        """Begin to listen, where the database can tell; of a test's transaction nobody can."""
        if ours().vendor == "postgresql" and self._thread is None and not undertest.lent:
            self._stopped.clear()
            self._thread = Thread(target=self._listen, name="hubbub-listen", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopped.set()
            thread.join(2 * PAUSE)

    def look(self) -> None:
        """Look at SQLite's version of the data; on the writer's thread."""
        now, connection = monotonic(), ours()
        if connection.vendor != "sqlite" or now - self._looked < EVERY or undertest.lent:
            return
        self._looked = now
        try:
            open_tuned(connection)
            keep_log(connection)
            open_tuned(connection)
            version = read_version(connection)
        except DatabaseError:
            return
        # A new connection counts from its own beginning: nobody knows what was written before.
        seen = (connection.connection, version)
        if seen != self._seen:
            self._wake()
        self._seen = seen

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                self._listen_once()
            except Exception as error:  # noqa: BLE001 - psycopg's own errors come unwrapped here
                listening.begin(error)
                self._stopped.wait(PAUSE)
                self._wake()
        ours().close()

    def _listen_once(self) -> None:
        discard_broken(ours())
        with open_listener() as raw:
            raw.execute(f"LISTEN {CHANNEL}")
            announce_alone(ours())
            listening.end()
            self._wake()
            self._hear(raw)

    def _hear(self, raw: Any) -> None:
        """Wake for each notice of another process; or often, until the first one comes at all."""
        deaf, due = True, monotonic() + HEARD_IN
        while not self._stopped.is_set():
            for notice in raw.notifies(timeout=SLICE, stop_after=1):
                deaf = False
                if notice.payload != PROCESS:
                    self._wake()
            if deaf and monotonic() >= due:
                due = monotonic() + UNHEARD_EVERY
                self._wake()
                unheard.begin(NoNoticeError(NO_NOTICE))
            elif not deaf:
                unheard.end()


def discard_broken(wrapper: BaseDatabaseWrapper) -> None:
    """Have the pool, if there is one, try its idle connections, and open others for broken ones.

    It notices nothing by itself: after a restart each would fail somebody's request.
    """
    pool = getattr(wrapper, "pool", None)
    if pool is not None and not pool.closed:
        pool.check()


def read_version(wrapper: BaseDatabaseWrapper) -> int:
    """A number that moves when another connection commits (SQLite)."""
    with wrapper.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])


def announce_alone(wrapper: BaseDatabaseWrapper) -> None:
    """Announce what is no event, on a connection that is closed then. Raises DatabaseError."""
    try:
        announce(wrapper)
    finally:
        wrapper.close()


def announce(wrapper: BaseDatabaseWrapper) -> None:
    """Have other processes woken at this transaction's commit (PostgreSQL)."""
    if wrapper.vendor == "postgresql":
        with wrapper.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", (CHANNEL, PROCESS))
