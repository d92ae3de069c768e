"""Group commit: one thread and one connection store what everyone wants stored.

Whatever waits while a commit is under way goes into the next one. So the busier it is, the cheaper
an event gets: SQLite takes 40,000 commits of one event a second, and 370,000 events in batches.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
    transaction,
)

from hubbub.errors import InvalidFormatError, OverloadedError
from hubbub.journal.line import Line, Sender
from hubbub.journal.log import Entry, Outcome, Stored
from hubbub.journal.store import store
from hubbub.journal.tune import can_store, close_tuned, open_tuned
from hubbub.observe.events import ANSWERING_FAILED, STORING_FAILED, STORING_REFUSED
from hubbub.observe.outage import storing
from hubbub.observe.report import report
from hubbub.sqlite import is_lost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubbub.fanout.hub import Hub

#: Entries in one transaction at most, and waiting for theirs; a batch takes about 10 ms.
BATCH = 512
QUEUE = 10_000
#: Seconds between two looks at whether somebody else wrote, while there is nothing to store.
IDLE = 0.25
#: Seconds from which on a commit that is under way is one that fails.
SLOW = 0.9
DEADLOCK = "40P01"


class Waiting(NamedTuple):
    """An entry in the queue, who is told of its outcome on which hub's loop, and whose it is."""

    entry: Entry
    answer: Callable[[Outcome], None]
    hub: Hub
    sender: Sender


class Writer:
    """Stores entries in the order in which they were submitted.

    Where more waits than goes into a commit, senders take turns. What is submitted in one turn of
    an event loop is handed over together. `ring` is called with what was stored, after the commit;
    `idle` often, on the writer's thread, where its connection may be used.
    """

    def __init__(
        self, ring: Callable[[Sequence[Stored]], None], idle: Callable[[], None] = lambda: None
    ) -> None:
        self._ring = ring
        self._idle = idle
        self._gathered: dict[Hub, list[Waiting]] = {}
        #: Lists of what is to be stored; None ends the thread.
        self._queue: SimpleQueue[list[Waiting] | None] = SimpleQueue()
        self._line: Line[Waiting] = Line()
        # Two counters, each moved by one side only, so that neither needs a lock.
        self._submitted = 0
        self._done = 0
        self._thread: Thread | None = None
        self._lock = Lock()
        #: Whether the last commit failed, and no try has succeeded since.
        self.failing = False
        #: When the commit under way began.
        self._began: float | None = None

    def stuck(self) -> bool:
        """Whether a commit has been under way for so long that it will hardly succeed."""
        began = self._began
        return began is not None and monotonic() - began > SLOW

    def submit(
        self,
        entry: Entry,
        answer: Callable[[Outcome], None],
        hub: Hub,
        sender: Sender | None = None,
    ) -> None:
        """Have an entry stored; `answer(outcome)` comes on the hub's loop, which runs this.

        Never waits. Raises OverloadedError when as many entries of the sender wait as there is room
        for in the queue: one that floods leaves half of it to the others, and two a third.
        """
        sender = sender or Sender()
        if sender.waiting >= QUEUE - (self._submitted - self._done):
            raise OverloadedError("writer")
        sender.waiting += 1
        self._submitted += 1
        hub.expect()
        gathered = self._gathered.get(hub)
        if gathered is None:
            self._gathered[hub] = [Waiting(entry, answer, hub, sender)]
            hub.loop.call_soon(self._hand_over, hub)
        else:
            gathered.append(Waiting(entry, answer, hub, sender))

    def _hand_over(self, hub: Hub) -> None:
        self._queue.put(self._gathered.pop(hub))
        if self._thread is None:
            self.start()

    def start(self) -> None:
        """Start the thread, if it does not run."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="hubbub-writer", daemon=True)
                self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Store what was handed over, close the connection and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join(timeout)

    def _run(self) -> None:
        try:
            last = False
            while self._line or not last:
                given, ends = self._gather()
                last = last or ends
                if batch := self._draw(given):
                    self._commit(batch)
                else:
                    survive(self._look)
                survive(self._idle)
        finally:
            close_tuned(connection)

    def _gather(self) -> tuple[list[Waiting], bool]:
        """Take all that was handed over; and whether it is time to stop."""
        gathered: list[Waiting] = []
        try:
            given = self._queue.get(timeout=0.0 if self._line else IDLE)
            while given is not None:
                gathered += given
                given = self._queue.get_nowait()
        except Empty:
            return gathered, False
        return gathered, True

    def _draw(self, given: list[Waiting]) -> list[Waiting]:
        """What goes into the next commit."""
        if not self._line and len(given) <= BATCH:
            return given
        self._line.put(given)
        return self._line.take(BATCH)

    def _look(self) -> None:
        """With nothing to store, look whether it could be: at the file, and by trying."""
        if is_lost(connection):
            storing.begin(OperationalError("the file was deleted, replaced or cut off"))
            close_tuned(connection)
            self.failing = True
        if self.failing:
            self.failing = not can_store(connection)
            if not self.failing:
                storing.end()

    def _commit(self, batch: Sequence[Waiting]) -> None:
        self._began = monotonic()
        try:
            outcomes = commit([waiting.entry for waiting in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, the writer goes on
            report(STORING_FAILED, type(error).__name__, error=error, events=len(batch))
            outcomes = [OverloadedError("storing")] * len(batch)
        self._began = None
        self.failing = isinstance(outcomes[-1], OverloadedError)
        self._done += len(batch)
        fresh = [one for one in outcomes if isinstance(one, Stored) and not one.again]
        survive(lambda: self._ring(fresh))
        for hub, pairs in groupby(zip(batch, outcomes, strict=True), hub_of):
            with suppress(RuntimeError):  # the loop was closed: nobody waits any more
                hub.loop.call_soon_threadsafe(answer_all, hub, list(pairs))


def hub_of(pair: tuple[Waiting, Outcome]) -> Hub:
    """Where an answer is awaited."""
    return pair[0].hub


def survive(call: Callable[[], None]) -> None:
    """Call what may not end the writer's thread, whatever it raises."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever it is, the writer goes on
        report(STORING_FAILED, type(error).__name__, error=error)


def answer_all(hub: Hub, pairs: Sequence[tuple[Waiting, Outcome]]) -> None:
    """Tell everyone of a batch what became of theirs; one that raises spoils it for none."""
    hub.arrived(len(pairs))
    for waiting, outcome in pairs:
        waiting.sender.waiting -= 1
        try:
            waiting.answer(outcome)
        except Exception as error:  # noqa: BLE001 - it spoils it for no other
            report(ANSWERING_FAILED, type(error).__name__, error=error)


def commit(entries: Sequence[Entry]) -> list[Outcome]:
    """Store entries in one transaction; where one of them cannot be, without that one."""
    try:
        outcomes = commit_after_deadlock(entries)
    except (OperationalError, InterfaceError, InternalError) as error:
        return away(entries, error)
    except (DatabaseError, ValueError) as error:
        if type(error) is DatabaseError:
            # SQLite's for a file that is none of its own any more.
            return away(entries, error)
        if len(entries) > 1:
            # By halves: one bad row among 512 costs 18 transactions more, not 512.
            half = len(entries) // 2
            return commit(entries[:half]) + commit(entries[half:])
        close_tuned(connection)
        report(STORING_REFUSED, type(error).__name__, error=error)
        return [InvalidFormatError()]
    storing.end()
    return outcomes


def away(entries: Sequence[Entry], error: Exception) -> list[Outcome]:
    """Away, locked, full or read-only: nothing was stored, and all of it may be sent again."""
    storing.begin(error)
    close_tuned(connection)
    return [OverloadedError("database")] * len(entries)


def commit_after_deadlock(entries: Sequence[Entry]) -> list[Outcome]:
    """One transaction, or a second where PostgreSQL ended the first to free somebody in a ring."""
    try:
        return commit_unseen(entries)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
            raise
        return commit_unseen(entries)


def commit_unseen(entries: Sequence[Entry]) -> list[Outcome]:
    """As if none of the entries had come before, and once more where the table says that one did.

    Few are ever sent again, and to look for all of them is a fifth of the writer's time.
    """
    try:
        return commit_once(entries, look=False)
    except IntegrityError:
        return commit_once(entries, look=True)


def commit_once(entries: Sequence[Entry], *, look: bool) -> list[Outcome]:
    """One transaction on this thread's connection. Raises DatabaseError.

    Also where it went into a file that nobody will read again.
    """
    open_tuned(connection)
    with transaction.atomic():
        outcomes = store(connection, entries, look=look)
    if is_lost(connection):
        raise OperationalError("the file was deleted, replaced or cut off")
    return outcomes
