"""The streams that have members on this event loop, and how these hear of everything once.

Doorbells come from the bus, and may be lost, repeated or out of order; a follower a stream
(`follower.py`) puts them in order, and what is missing after `GRACE` is read from the table. A
check of the table, at each `wake` and every `CHECK` seconds in any case, finds what no bell told
of.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import Error

from hubbub.bus.base import Event
from hubbub.errors import OverloadedError
from hubbub.journal.follower import Follower, Turn
from hubbub.journal.marks import UNKNOWN
from hubbub.journal.reads import Reads
from hubbub.journal.search import Search
from hubbub.journal.table import table_of
from hubbub.observe.events import MEMBERS_SENT_AWAY, STREAMS_LOST
from hubbub.observe.report import report
from hubbub.tasks import start_task
from hubbub.wire.closes import TRY_LATER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from hubbub.fanout.hub import Hub
    from hubbub.journal.entry import Row
    from hubbub.journal.read import Extent
    from hubbub.journal.source import Source
    from hubbub.journal.table import Table

    Tell = Callable[[Table, Hub, Event], None]

T = TypeVar("T")

#: Seconds that a missing event may still be on its way.
GRACE = 0.05
#: Seconds between two checks that nothing woke.
CHECK = 5.0
#: A look at 10,000 streams takes 35 ms, and others may commit all the time: after a look that took
#: so long, nobody looks for so many times that, and a loop spends a tenth of its time on it.
REST = 9
#: But never longer than this, so that what is stored elsewhere is told within a second.
MOST_REST = 0.5


def tell_members(table: Table, hub: Hub, event: Event) -> None:
    """Tell an event to those who have joined the hub."""
    table.tell(hub, event)


class Followers:
    """One event loop's followers. All but `ring` and `wake` run on that loop.

    `tell` is called with each event when its turn comes.
    """

    def __init__(self, hub: Hub, source: Source, tell: Tell = tell_members) -> None:
        self.hub = hub
        self.source = source
        self.reads = Reads()
        self._tell_one = tell
        self._followers: dict[str, Follower] = {}
        self._heard: dict[str, asyncio.Event] = {}
        self._reading: set[str] = set()
        self._search = Search(hub.loop, self._look, self._is_placeless)
        self._timer: asyncio.TimerHandle | None = None
        self._wanted = False
        self._comparing = False

    # Members.

    def enter(self, stream: str) -> Follower:
        """Count one more member of a stream in; its events are told once it is `settled`."""
        follower = self._followers.get(stream)
        if follower is None:
            follower = self._followers[stream] = Follower()
            self._search.begin([stream])
            if self._timer is None:
                self._timer = self.hub.loop.call_later(CHECK, self._tick)
        follower.members += 1
        return follower

    def leave(self, stream: str) -> None:
        """Count one member out; without any, the stream is nobody's concern here."""
        follower = self._followers.get(stream, Follower(1))  # all of a loop may be forgotten
        follower.members -= 1
        if not follower.members:
            self._followers.pop(stream, None)
            self._heard.pop(stream, None)

    def find(self, stream: str) -> Follower | None:
        """Where a stream stands here, if it has members."""
        return self._followers.get(stream)

    def heard(self, stream: str) -> asyncio.Event:
        """Is set when more of a stream is told, that has members."""
        return self._heard.setdefault(stream, asyncio.Event())

    # Doorbells.

    def ring(self, events: Sequence[Event]) -> None:
        """Take events from any thread."""
        # A member that enters a stream after this look finds its events in the table.
        here = [event for event in events if event.stream in self._followers]
        if here:
            self._soon(self.take, here)

    def wake(self) -> None:
        """Look at the table soon, because somebody wrote to it. From any thread."""
        self._soon(self.check)

    def _soon(self, call: Callable[..., None], *args: Any) -> None:
        # Its thread may close the loop at any moment, which is no other loop's concern.
        with suppress(RuntimeError):
            self.hub.loop.call_soon_threadsafe(call, *args)

    def take(self, events: Sequence[Event]) -> None:
        """Tell events, each when its turn comes."""
        for event in events:
            follower = self._followers.get(event.stream)
            if follower is None:
                continue
            if follower.expects(event.epoch, event.seq):
                follower.epoch = event.epoch
            elif (event.epoch, event.seq) != (follower.epoch, follower.told):
                # The bell may be late; or the table has lost what was told, and begins again.
                self.check()
                continue
            self._tell(event.stream, follower.offer(event))
            if follower.behind:
                self._read_later(event.stream)

    def _tell(self, stream: str, turn: Turn) -> None:
        table = table_of(stream)
        for event in turn:
            self._tell_one(table, self.hub, event)
        if turn and stream in self._heard:
            self._heard.pop(stream).set()

    # The table.

    def check(self) -> None:
        """Compare every stream here with the table, off the loop, in one look at a time."""
        self._wanted = True
        if self._followers and not self._comparing:
            self._comparing = True
            start_task(self._compare(), self.hub.loop)

    def _tick(self) -> None:
        self._timer = self.hub.loop.call_later(CHECK, self._tick) if self._followers else None
        self.check()

    async def _compare(self) -> None:
        """Look until nobody has asked for it meanwhile; PostgreSQL wakes at each commit."""
        try:
            while self._wanted:
                self._wanted = False
                began = self.hub.loop.time()
                await self._look(self._followers)
                took = self.hub.loop.time() - began
                await asyncio.sleep(min(max(GRACE, REST * took), MOST_REST))
        finally:
            self._comparing = False

    async def settled(self, *streams: str) -> None:
        """Wait until it is known where streams stand here, if they have members.

        Nobody may be told before that it is a member: what it does then could be stored before the
        look at the table, and would pass for something that was told before it came. Raises
        OverloadedError where that takes too long.
        """
        await self._search.end(streams)

    def _is_placeless(self, stream: str) -> bool:
        follower = self._followers.get(stream)
        return follower is not None and follower.told is None

    async def _look(self, streams: Collection[str]) -> bool:
        """Learn from the table where streams stand; False while the database is away."""
        asked = [
            (stream, follower, follower.tip)
            for stream in streams
            if (follower := self._followers.get(stream)) is not None
        ]
        found = await self._ask(self.source.extents([stream for stream, *_ in asked]))
        if found is None:
            return False
        lost: dict[str, str] = {}
        for stream, follower, tip in asked:
            where = found[stream]
            if self._followers.get(stream) is not follower:
                continue  # it is about those who were here when it was asked
            if follower.epoch == where.epoch and tip.is_gone(where):
                lost[stream] = where.epoch
            else:
                self._learn(stream, follower, where)
        if lost:
            await self._lose(lost)
        return True

    def _learn(self, stream: str, follower: Follower, where: Extent) -> None:
        if follower.told is None:
            self._tell(stream, follower.settle(where.last_seq, where.epoch, where.mark))
        elif where.epoch != follower.epoch:
            self._renumber(stream)
            return
        follower.newest = max(follower.newest, where.last_seq)
        self.catch_up(stream)

    async def _lose(self, lost: dict[str, str]) -> None:
        """Streams lack what was told: a file was restored, or a replica that was behind.

        What is stored since then has numbers that were told already. With another epoch everyone
        learns that, here and in other processes, at the next look.
        """
        epoch = await self._ask(self.source.renumber(lost))
        if epoch is not None:
            report(STREAMS_LOST, streams=len(lost))
            self.check()

    def catch_up(self, stream: str) -> None:
        """See to it that a stream is told as far as it is known to go."""
        follower = self._followers.get(stream)
        if follower is not None and follower.behind:
            self._read_later(stream)

    def _read_later(self, stream: str) -> None:
        if stream not in self._reading:
            self._reading.add(stream)
            self.hub.loop.call_later(GRACE, lambda: start_task(self._read(stream), self.hub.loop))

    async def _read(self, stream: str) -> None:
        """Tell from the table what no doorbell brought, if it is still missing."""
        try:
            while (follower := self._followers.get(stream)) is not None and follower.behind:
                tip, upto = follower.tip, follower.newest
                # From what was told last on, to see that it is still there.
                rows = await self._ask(self.source.read(stream, tip.seq - 1, upto))
                # Rows do not say of which numbering they are: that is looked at after them.
                if rows is None or not await self._look([stream]):
                    return
                if self._followers.get(stream) is not follower:
                    continue
                if tip.is_denied(rows):
                    await self._lose({stream: follower.epoch})
                    return
                follower.doubted = False
                new = [row.seq for row in rows if row.seq > tip.seq]
                self._catch_up(stream, follower, rows, new[0] if new else upto + 1)
        finally:
            self._reading.discard(stream)

    def _catch_up(self, stream: str, follower: Follower, rows: Sequence[Row], first: int) -> None:
        assert follower.told is not None
        if first > follower.told + 1:
            # Pruned before it was told: the members learn from a snapshot what they can. They go
            # before anything that comes after the gap is told, or they would not know of one.
            self._send_away(stream)
            self._tell(stream, follower.skip(first - 1))
        before = UNKNOWN
        for row in rows:
            event = Event(stream, follower.epoch, *row[:3], before, row.added, row.value)
            self._tell(stream, follower.offer(event))
            before = row.mark

    def _renumber(self, stream: str) -> None:
        """The numbering was lost: members come back and learn the new one."""
        self._followers[stream] = Follower(self._followers[stream].members)
        self._send_away(stream)
        self._search.begin([stream])

    def _send_away(self, stream: str) -> None:
        report(MEMBERS_SENT_AWAY, stream=stream)
        self.hub.close(table_of(stream).group(stream), TRY_LATER)

    async def _ask(self, question: Awaitable[T]) -> T | None:
        """The table's answer; None while the database is away, and the next check asks again."""
        try:
            return await question
        except (Error, OverloadedError):
            return None
