"""PostgreSQL's bell: NOTIFY in the transaction that stores, and LISTEN on a thread of its own.

A session listens, by a connection beside all others and in no pool. A pooler in its transaction
mode (pgbouncer) gives each transaction another session, and nobody hears anything through it: the
table is looked at often then, and `HUBBUB_LISTEN` is the way round it.
"""

from __future__ import annotations

import secrets
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from django.db import connections

from hubbub import conf, undertest
from hubbub.bus.base import Doorbell
from hubbub.database import alias, discard_broken, is_address, ours
from hubbub.errors import HubbubError
from hubbub.observe.outage import listening, unheard

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from django.db.backends.base.base import BaseDatabaseWrapper

CHANNEL = "hubbub"
#: Seconds between two tries to listen while PostgreSQL is away.
PAUSE = 1.0
#: Seconds between two looks at whether to go on listening: a stop waits no longer.
SLICE = 0.1
#: Seconds in which a process hears its own announcement, unless something lets none through.
HEARD_IN = 2.0
#: Seconds between two looks at the table while no notice comes: what others store is told in time.
UNHEARD_EVERY = 0.5
#: What is the matter, and the way out.
NO_NOTICE = "LISTEN hears nothing by a pooler in transaction mode: HUBBUB_LISTEN goes round it"


class NoNoticeError(HubbubError):
    """What was announced was not heard."""


class Notices(Doorbell):
    """Wakes when another process has announced something; its own commits it carries otherwise."""

    def __init__(self) -> None:
        super().__init__()
        #: What this process announces itself by.
        self.name = secrets.token_hex(8)
        self._thread: Thread | None = None
        #: Of that thread alone: one that could not be waited for ends all the same.
        self._stopped = Event()

    def announce(self, connection: BaseDatabaseWrapper) -> None:
        """Have other processes woken at this transaction's commit."""
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self.name))

    def start(self) -> None:
        """Begin to listen, where the database can tell; of a test's transaction nobody can."""
        if ours().vendor != "postgresql" or undertest.lent:
            return
        with self._lock:
            if self._thread is None:
                self._stopped = stopped = Event()
                self._thread = Thread(
                    target=self._listen, args=(stopped,), name="hubbub-listen", daemon=True
                )
                self._thread.start()

    def close(self) -> None:
        """End the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopped.set()
            thread.join(2 * PAUSE)

    def _listen(self, stopped: Event) -> None:
        while not stopped.is_set():
            try:
                self._listen_once(stopped)
            except Exception as error:  # noqa: BLE001 - psycopg's own errors come unwrapped here
                listening.begin(error)
                stopped.wait(PAUSE)
                self.wake()
        ours().close()

    def _listen_once(self, stopped: Event) -> None:
        discard_broken(ours())
        with open_listener() as raw:
            raw.execute(f"LISTEN {CHANNEL}")
            self._announce_alone()
            listening.end()
            self.wake()
            self._hear(raw, stopped)

    def _hear(self, raw: Any, stopped: Event) -> None:
        """Wake for each notice of another process; or often, until the first one comes at all."""
        deaf, due = True, monotonic() + HEARD_IN
        while not stopped.is_set():
            for notice in raw.notifies(timeout=SLICE, stop_after=1):
                deaf = False
                if notice.payload != self.name:
                    self.wake()
            if deaf and monotonic() >= due:
                due = monotonic() + UNHEARD_EVERY
                self.wake()
                unheard.begin(NoNoticeError(NO_NOTICE))
            elif not deaf:
                unheard.end()

    def _announce_alone(self) -> None:
        """Announce what is no event, on a connection that is closed then. Raises DatabaseError."""
        try:
            self.announce(ours())
        finally:
            ours().close()


def open_listener() -> AbstractContextManager[Any]:
    """Connect where notices come; what is executed is committed at once. Raises psycopg.Error."""
    where = conf.current().listen or alias()
    driver: Any = ours()
    if is_address(where):
        connection = driver.Database.connect(where, autocommit=True)
    else:
        wrapper: Any = connections[where]
        connection = driver.Database.connect(**wrapper.get_connection_params(), autocommit=True)
    return cast("AbstractContextManager[Any]", connection)
