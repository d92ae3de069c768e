"""Group commit: one thread and one connection store what everyone wants stored.

Whatever waits while a commit is under way goes into the next one. So the busier it is, the cheaper
an event gets: SQLite takes 40,000 commits of one event a second, and 370,000 events in batches.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import suppress
from itertools import groupby
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING

from django.db import OperationalError
from msgspec import Struct

from hubbub import undertest
from hubbub.database import ours
from hubbub.errors import OverloadedError
from hubbub.forked import work
from hubbub.journal.commit import commit, commit_apart
from hubbub.journal.entry import Entry, Outcome, Stored
from hubbub.journal.line import Line, Sender
from hubbub.journal.tune import can_store, close_tuned
from hubbub.observe.events import ANSWERING_FAILED, STORING_FAILED
from hubbub.observe.outage import storing
from hubbub.observe.report import report
from hubbub.sqlite import is_lost

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Entries in one transaction at most, and waiting for theirs; a batch takes about 10 ms.
BATCH = 512
QUEUE = 10_000
#: Commits that are told together at most, while more waits: the look at the file before it gives
#: the interpreter to other threads, which under load took a tenth of a message's time.
TOGETHER = 4
#: Seconds between two looks at whether somebody else wrote, while there is nothing to store.
IDLE = 0.25
#: Seconds from which on a commit that is under way is one that fails.
SLOW = 0.9


class Waiting(Struct, frozen=True, gc=False):
    """An entry in the queue, who is told of its outcome on which loop, and whose it is."""

    entry: Entry
    answer: Callable[[Outcome], None]
    loop: AbstractEventLoop
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
        self.forget()

    def forget(self) -> None:
        """Be as it was when it was made: nothing waits, and no thread runs."""
        self._gathered: dict[AbstractEventLoop, list[Waiting]] = {}
        #: Lists of what is to be stored; None ends the thread.
        self._queue: SimpleQueue[list[Waiting] | None] = SimpleQueue()
        self._line: Line[Waiting] = Line()
        #: What was committed, or refused, and is not told yet.
        self._held: list[tuple[Waiting, Outcome]] = []
        self._commits = 0
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

    @property
    def submitted(self) -> int:
        """How many entries were ever submitted."""
        return self._submitted

    def is_idle(self) -> bool:
        """Whether each of them was told of."""
        return self._submitted == self._done

    def submit(
        self,
        entry: Entry,
        answer: Callable[[Outcome], None],
        loop: AbstractEventLoop,
        sender: Sender | None = None,
    ) -> None:
        """Have an entry stored; `answer(outcome)` comes on the loop, which runs this.

        Never waits. Raises OverloadedError when as many entries of the sender and its owner wait as
        there is room for in the queue: an owner that floods leaves half of it to the others, and
        one of its connections as much to its other ones.
        """
        sender = sender or Sender()
        owner = sender.owner
        if sender.waiting + owner.waiting >= QUEUE - (self._submitted - self._done):
            raise OverloadedError("writer")
        sender.waiting += 1
        owner.waiting += 1
        self._submitted += 1
        gathered = self._gathered.get(loop)
        if gathered is None:
            self._gathered[loop] = [Waiting(entry, answer, loop, sender)]
            loop.call_soon(self._hand_over, loop)
        else:
            gathered.append(Waiting(entry, answer, loop, sender))

    def _hand_over(self, loop: AbstractEventLoop) -> None:
        self._queue.put(self._gathered.pop(loop))
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
        undertest.borrow()
        try:
            last = False
            while self._line or not last:
                given, ends = self._gather()
                last = last or ends
                with work.lock:
                    self._work(given)
        finally:
            close_tuned(ours())

    def _work(self, given: list[Waiting]) -> None:
        """Commit what was handed over, or else tell what was committed, or else look."""
        if batch := self._draw(given):
            self._commit(batch)
        elif self._held:
            self._tell()
        else:
            survive(self._look)
        survive(self._idle)

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
        if is_lost(ours()):
            self._lose()
        if self.failing:
            self.failing = not can_store(ours())
            if not self.failing:
                storing.end()

    def _lose(self) -> None:
        storing.begin(OperationalError("the file was deleted, replaced or cut off"))
        close_tuned(ours())
        self.failing = True

    def _commit(self, batch: Sequence[Waiting]) -> None:
        self._began = monotonic()
        try:
            outcomes = self._store([waiting.entry for waiting in batch])
        except BaseException as error:  # noqa: BLE001 - whatever it is, the writer goes on
            report(STORING_FAILED, type(error).__name__, error=error, events=len(batch))
            outcomes = [OverloadedError("storing")] * len(batch)
        self._began = None
        self.failing = isinstance(outcomes[-1], OverloadedError)
        self._held += zip(batch, outcomes, strict=True)
        self._commits += 1
        if self.failing or self._commits == TOGETHER or not self._more():
            self._tell()

    def _store(self, entries: Sequence[Entry]) -> list[Outcome]:
        try:
            return commit(entries)
        except BaseException:  # noqa: BLE001 - apart, each is told what becomes of it
            # It may be the connection: what was stored on it is told before it is closed.
            self._tell()
            close_tuned(ours())
            return commit_apart(entries)

    def _more(self) -> bool:
        """Whether another commit follows at once, and there is room to tell this with it."""
        return len(self._held) < BATCH and (bool(self._line) or not self._queue.empty())

    def _tell(self) -> None:
        """Ring for what was committed and answer; none of it if nobody will read it again."""
        pairs, self._held, self._commits = self._held, [], 0
        if is_lost(ours()):
            self._lose()
            pairs = [(waiting, OverloadedError("database")) for waiting, _ in pairs]
        elif self.failing:
            close_tuned(ours())
        fresh = [one for _, one in pairs if isinstance(one, Stored) and not one.again]
        survive(lambda: undertest.tell(lambda: self._ring(fresh)))
        for loop, told in groupby(pairs, loop_of):
            with suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(answer_all, list(told))
        self._done += len(pairs)


def loop_of(pair: tuple[Waiting, Outcome]) -> AbstractEventLoop:
    """Where an answer is awaited."""
    return pair[0].loop


def survive(call: Callable[[], None]) -> None:
    """Call what may not end the writer's thread, whatever it raises."""
    try:
        call()
    except BaseException as error:  # noqa: BLE001 - whatever it is, the writer goes on
        report(STORING_FAILED, type(error).__name__, error=error)


def answer_all(pairs: Sequence[tuple[Waiting, Outcome]]) -> None:
    """Tell everyone of a batch what became of theirs; one that raises spoils it for none."""
    for waiting, outcome in pairs:
        waiting.sender.waiting -= 1
        waiting.sender.owner.waiting -= 1
        try:
            waiting.answer(outcome)
        except Exception as error:  # noqa: BLE001 - it spoils it for no other
            report(ANSWERING_FAILED, type(error).__name__, error=error)
