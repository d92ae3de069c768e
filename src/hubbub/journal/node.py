"""The streams that have members on this event loop, and how these hear of everything once.

Doorbells come from the bus, and may be lost, repeated or out of order; a cursor a stream
(`cursor.py`) puts them in order, and what is missing after `GRACE` is read from the table. A check
of the table, woken by `watch.py` and every `CHECK` seconds in any case, finds what no bell told of.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from django.db import DatabaseError

from hubbub.errors import OverloadedError
from hubbub.journal.cursor import Cursor, Turn
from hubbub.journal.log import log_of
from hubbub.journal.read import NOWHERE, Position
from hubbub.wire.closes import TRY_LATER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from hubbub.bus.base import Event
    from hubbub.fanout.hub import Hub
    from hubbub.journal.log import Log
    from hubbub.journal.table import Table

    Tap = Callable[[str, int, bytes], None]
    Tell = Callable[[Log, Hub, str, int, bytes], None]

T = TypeVar("T")

logger = logging.getLogger("hubbub.journal")

#: Seconds that a missing event may still be on its way.
GRACE = 0.05
#: Seconds that a bell of this machine may be on its way when its event is seen in the table.
ON_ITS_WAY = 0.02
#: Seconds that members wait for a place in a stream; after them the database is away.
SETTLE = 2.0
#: Seconds between two checks that nothing woke.
CHECK = 5.0
#: A look at 10,000 streams takes 35 ms, and others may commit all the time: after a look that took
#: so long, nobody looks for so many times that, and a node spends a tenth of its time on it.
REST = 9
#: But never longer than this, so that what is stored elsewhere is told within a second.
MOST_REST = 0.5


def tell_members(log: Log, hub: Hub, stream: str, seq: int, frame: bytes) -> None:
    """Tell an event to those who have joined the hub."""
    log.tell(hub, stream, seq, frame)


class Node:
    """One event loop's cursors. All but `ring` and `wake` run on that loop.

    `tell` is called with each event when its turn comes.
    """

    def __init__(self, hub: Hub, table: Table, tell: Tell = tell_members) -> None:
        self.hub = hub
        self.table = table
        self._tell_one = tell
        self._cursors: dict[str, Cursor] = {}
        self._taps: dict[str, set[Tap]] = {}
        self._reading: set[str] = set()
        self._settling: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._wanted = False
        self._comparing = False

    # Members.

    def watch(self, stream: str) -> Cursor:
        """Count one more member of a stream in; its events are told from now on."""
        cursor = self._cursors.get(stream)
        if cursor is None:
            cursor = self._cursors[stream] = Cursor()
            self._begin(stream)
            if self._timer is None:
                self._timer = self.hub.loop.call_later(CHECK, self._tick)
        cursor.members += 1
        return cursor

    def unwatch(self, stream: str) -> None:
        """Count one member out; without any, the stream is nobody's concern here."""
        cursor = self._cursors[stream]
        cursor.members -= 1
        if not cursor.members:
            del self._cursors[stream]

    def cursor(self, stream: str) -> Cursor | None:
        """Where a stream stands here, if it has members."""
        return self._cursors.get(stream)

    def add_tap(self, stream: str, tap: Tap) -> None:
        """Have `tap(stream, seq, frame)` called with whatever is told of a stream."""
        self._taps.setdefault(stream, set()).add(tap)

    def remove_tap(self, stream: str, tap: Tap) -> None:
        """End that."""
        taps = self._taps[stream]
        taps.discard(tap)
        if not taps:
            del self._taps[stream]

    # Doorbells.

    def ring(self, events: Sequence[Event]) -> None:
        """Take events from any thread."""
        # Whoever begins to watch a stream after this look finds its events in the table.
        here = [event for event in events if event.stream in self._cursors]
        if here and not self.hub.loop.is_closed():
            self.hub.loop.call_soon_threadsafe(self.take, here)

    def wake(self) -> None:
        """Look at the table soon, because somebody wrote to it. From any thread."""
        if not self.hub.loop.is_closed():
            self.hub.loop.call_soon_threadsafe(self.check)

    def take(self, events: Sequence[Event]) -> None:
        """Tell events, each when its turn comes."""
        for stream, epoch, seq, frame in events:
            cursor = self._cursors.get(stream)
            if cursor is None:
                continue
            if cursor.epoch and epoch != cursor.epoch:
                self._renumber(stream)
            else:
                cursor.epoch = epoch
                self._tell(stream, cursor.offer(seq, frame))
                if cursor.behind:
                    self._read_later(stream)

    def _tell(self, stream: str, turn: Turn) -> None:
        log = log_of(stream)
        taps = tuple(self._taps.get(stream, ()))
        for seq, frame in turn:
            self._tell_one(log, self.hub, stream, seq, frame)
            for tap in taps:
                tap(stream, seq, frame)

    # The table.

    def check(self) -> None:
        """Compare every stream here with the table, off the loop, in one look at a time."""
        self._wanted = True
        if self._cursors and not self._comparing:
            self._comparing = True
            self._keep(self._compare())

    def _tick(self) -> None:
        self._timer = self.hub.loop.call_later(CHECK, self._tick) if self._cursors else None
        self.check()

    async def _compare(self) -> None:
        """Look until nobody has asked for it meanwhile; PostgreSQL wakes at each commit."""
        try:
            while self._wanted:
                self._wanted = False
                began = self.hub.loop.time()
                found = await self._ask(self.table.positions(tuple(self._cursors)))
                took = self.hub.loop.time() - began
                for stream, where in (found or {}).items():
                    cursor = self._cursors.get(stream)
                    if cursor is not None:
                        self._learn(stream, cursor, where)
                await asyncio.sleep(min(max(GRACE, REST * took), MOST_REST))
        finally:
            self._comparing = False

    def _learn(self, stream: str, cursor: Cursor, where: Position) -> None:
        if cursor.told is None:
            self._begin(stream)
        elif cursor.epoch and where.epoch != cursor.epoch:
            self._renumber(stream)
        else:
            cursor.epoch = where.epoch
            cursor.newest = max(cursor.newest, where.last_seq)
            if cursor.behind:
                self._read_later(stream)

    def catch_up(self, stream: str) -> None:
        """See to it that a stream is told as far as it is known to go."""
        cursor = self._cursors.get(stream)
        if cursor is not None and cursor.told is None:
            self._begin(stream)
        elif cursor is not None and cursor.behind and cursor.epoch:
            self._read_later(stream)
        elif cursor is not None and cursor.behind:
            # Somebody else began the stream: its rows alone would not tell of which numbering.
            self.check()

    def _begin(self, stream: str) -> None:
        self._keep(self._find_place(stream))

    async def settled(self, stream: str) -> None:
        """Wait until it is known where a stream stands here, `SETTLE` seconds at most.

        What a member does before that could be stored before the look at the table, and its bell
        come after it: then it would pass for something that was told before the member came.
        """
        cursor = self._cursors.get(stream)
        if cursor is None or cursor.told is not None:
            return
        event = self._settling.setdefault(stream, asyncio.Event())
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE):
                await event.wait()

    async def _find_place(self, stream: str) -> None:
        cursor = self._cursors.get(stream)
        found = await self._ask(self.table.positions([stream]))
        # What others have stored just before the look may have its bell still on its way.
        await asyncio.sleep(ON_ITS_WAY)
        # Of members who came after all others had left, their own look tells.
        if cursor is None or cursor is not self._cursors.get(stream) or cursor.told is not None:
            return
        if found is None:
            # What others store from now on would pass for told before these members came.
            self._send_away(stream)
        else:
            self._settle(stream, cursor, found.get(stream, NOWHERE))

    def _settle(self, stream: str, cursor: Cursor, where: Position) -> None:
        self._tell(stream, cursor.settle(where.last_seq, where.epoch))
        event = self._settling.pop(stream, None)
        if event is not None:
            event.set()
        if cursor.behind:
            self._read_later(stream)

    def _read_later(self, stream: str) -> None:
        if stream not in self._reading:
            self._reading.add(stream)
            self.hub.loop.call_later(GRACE, lambda: self._keep(self._read(stream)))

    async def _read(self, stream: str) -> None:
        """Tell from the table what no doorbell brought, if it is still missing."""
        try:
            while (cursor := self._cursors.get(stream)) is not None and cursor.behind:
                assert cursor.told is not None
                epoch, told = cursor.epoch, cursor.told
                rows = await self._ask(self.table.read(stream, told, cursor.newest))
                if rows is None:
                    return
                same = cursor.told is not None and cursor.epoch == epoch
                if same and self._cursors.get(stream) is cursor:
                    self._catch_up(stream, cursor, rows)
        finally:
            self._reading.discard(stream)

    def _catch_up(self, stream: str, cursor: Cursor, rows: Turn) -> None:
        assert cursor.told is not None
        first = rows[0][0] if rows else cursor.newest + 1
        if first > cursor.told + 1:
            # Pruned before it was told: the members learn from a snapshot what they can.
            self._tell(stream, cursor.skip(first - 1))
            self._send_away(stream)
        for seq, frame in rows:
            self._tell(stream, cursor.offer(seq, frame))

    def _renumber(self, stream: str) -> None:
        """The numbering was lost: members come back and learn the new one."""
        self._cursors[stream].forget()
        self._send_away(stream)
        self._begin(stream)

    def _send_away(self, stream: str) -> None:
        self.hub.close(log_of(stream).group(stream), TRY_LATER)

    async def _ask(self, question: Awaitable[T]) -> T | None:
        """The table's answer; None while the database is away, and the next check asks again."""
        try:
            return await question
        except (DatabaseError, OverloadedError) as error:
            logger.warning("The journal could not be read: %s", error)
            return None

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = self.hub.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
