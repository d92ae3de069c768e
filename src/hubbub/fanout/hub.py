"""The way of a frame to all members of a group.

A hub belongs to one event loop. `publish` may be called from any thread: it puts the frame into
the hub's inbox and sees to it that the loop empties the inbox once in its next turn. So the order
in which a group's frames are published is their order at every member, whatever dialect it is told
in, and the frames of one turn leave in one write a member.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from hubbub.anew import forgotten_by
from hubbub.errors import OverloadedError
from hubbub.fanout.dialect import PLAIN
from hubbub.fanout.groups import Groups, drop, put
from hubbub.fanout.parcel import ADDED, Only, join_for, join_for_all, named_in
from hubbub.fanout.writing import give_up, write_one
from hubbub.perloop import PerLoop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from hubbub.bus.base import Event
    from hubbub.fanout.dialect import Dialect
    from hubbub.fanout.outlet import Hold, Outlet
    from hubbub.fanout.parcel import Parcel
    from hubbub.wire.closes import Close

#: Deliveries from which on a flush waits for what is arriving, and how many times it looks.
MANY = 200
LOOKS = 4
#: Frames that wait for the loop's turn, from which on none is taken that was not stored: a thread
#: that tells without end is faster than the loop that writes.
QUEUE = 100_000
#: Seconds that it waits for frames that are being stored.
WAIT = 0.001


class Hub:
    """The groups of one event loop, and the frames on their way to them."""

    __slots__ = (
        "_answers",
        "_armed",
        "_batches",
        "_expected",
        "_groups",
        "_inbox",
        "_looks",
        "_members",
        "_seen",
        "_sorted",
        "_wait",
        "loop",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._groups = Groups()
        self._members = self._groups.members
        self._inbox: deque[Parcel] = deque()
        #: What was taken out of it and is not written yet, by group.
        self._batches: dict[str, list[Parcel]] = {}
        self._answers: dict[Outlet, list[bytes]] = {}
        self._armed = False
        self._looks = 0
        self._seen = 0
        #: Frames that were taken out of the inbox and wait on: there is room for no more of them.
        self._sorted = 0
        self._expected = 0
        self._wait: asyncio.TimerHandle | None = None

    def join(
        self, group: str, outlet: Outlet, dialect: Dialect = PLAIN, *, flushed: bool = False
    ) -> None:
        """Add a member: it gets every frame published from now on, and none from before.

        A member that joins again is told in another dialect from now on. If the hub was `flushed`,
        it gets what was published since then too.
        """
        if not flushed:
            self.flush()
        self._groups.join(group, outlet, dialect)

    def leave(self, group: str, outlet: Outlet) -> None:
        """Take a member out. Leaving twice is no error."""
        self._groups.leave(group, outlet)

    def close(self, group: str, close: Close) -> None:
        """Say goodbye to every member of a group, and to those that are catching up."""
        for member in (*self._members.get(group, ()), *self._groups.holds.get(group, ())):
            member.close(close)

    def size(self, group: str) -> int:
        """Members of a group on this loop."""
        return len(self._members.get(group, ()))

    def check_room(self) -> None:
        """Raise OverloadedError where as many frames wait as there is room for."""
        if len(self._inbox) + self._sorted >= QUEUE:
            raise OverloadedError("hub")

    def groups(self) -> int:
        """Groups with at least one member on this loop."""
        return len(self._members)

    def has_extended(self, group: str) -> bool:
        """Whether frames of added types would reach anybody there, or soon will."""
        return self._groups.has_extended(group)

    def publish(
        self, group: str, frame: bytes, *, added: bool = False, skip: Outlet | None = None
    ) -> None:
        """Have `frame` written to every member but `skip`, in the next turn of the loop.

        If it is of an `added` type, to those alone who know of such.
        """
        only = Only(added, skip) if added or skip is not None else None
        self._inbox.append((group, frame, None, only))
        if not self._armed:
            self._arm()

    def tell(self, group: str, event: Event, frame: bytes | None = None) -> None:
        """Have a stored event's frame written to every member it is for, as `publish` has.

        `frame` where it is another one for this group; an empty one tells nobody, but those that
        are catching up learn of the event.
        """
        only = ADDED if event.added else None
        self._inbox.append((group, event.frame if frame is None else frame, event, only))
        if not self._armed:
            self._arm()

    def hold(self, groups: Iterable[str], hold: Hold) -> None:
        """Have kept for a member what is told in groups from now on."""
        self.flush()
        for group in groups:
            put(self._groups.holds, group, hold)

    def release(self, groups: Iterable[str], hold: Hold) -> None:
        """End that; what was published up to now has been kept."""
        self.flush()
        for group in groups:
            drop(self._groups.holds, group, hold)

    def answer(self, outlet: Outlet, frame: bytes) -> None:
        """Have `frame` written to one member, in the same write as what its groups get."""
        self._answers.setdefault(outlet, []).append(frame)
        if not self._armed:
            self._arm()

    def _arm(self) -> None:
        self._armed = True
        try:
            here = asyncio.get_running_loop() is self.loop
        except RuntimeError:
            here = False
        if here:
            self.loop.call_soon(self._flush_or_wait)
        else:
            # Between the look at the loop and this call, its thread may have closed it.
            with suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self._flush_or_wait)

    def expect(self) -> None:
        """Announce a frame that will be published here as soon as it is stored."""
        self._expected += 1

    def arrived(self) -> None:
        """One of what was announced has come, or will not; the last one ends the wait."""
        self._expected -= 1
        if not self._expected and self._wait is not None:
            self._wait.cancel()
            self._wait = None
            self.loop.call_soon(self.flush)

    def _flush_or_wait(self) -> None:
        """Flush; but where many writes are about to be made, wait for what is just being stored.

        What comes within the millisecond shares the writes of the whole room (2 µs a member).
        """
        if self._wait is not None or not self._armed:
            return  # of what another thread is about to tell of there is a turn to come
        self._sorted += len(self._inbox)
        self._sort()
        deliveries = self._deliveries()
        if deliveries <= MANY:
            self.flush()
        elif self._expected:
            self._wait = self.loop.call_later(WAIT, self.flush)
        elif deliveries > self._seen and self._looks < LOOKS:
            self._seen = deliveries
            self._looks += 1
            self.loop.call_soon(self._flush_or_wait)
        else:
            self.flush()

    def _sort(self) -> None:
        """Take what is in the inbox, into which other threads may put more, by group."""
        inbox, batches = self._inbox, self._batches
        while inbox:
            parcel = inbox.popleft()
            batch = batches.get(parcel[0])
            if batch is None:
                batches[parcel[0]] = [parcel]
            else:
                batch.append(parcel)

    def _deliveries(self) -> int:
        """Writes that were asked for, were each parcel written by itself."""
        members, total = self._members, 0
        for group, batch in self._batches.items():
            if group in members:
                total += len(members[group]) * len(batch)
        return total

    def flush(self) -> None:
        """Write what is in the inbox; frames of one group and turn are joined once for all."""
        if not self._armed:
            return  # there is nothing: each member that joins asks
        # Disarmed before it reads: a frame that another thread appends meanwhile is either still
        # seen below or arms the next turn. The other order could leave one behind.
        self._armed = False
        self._looks = self._seen = self._sorted = 0
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None
        self._sort()
        groups, batches, self._batches = self._groups, self._batches, {}
        for group, batch in batches.items():
            members = self._members.get(group)
            if groups.holds:
                groups.keep(group, batch)
            if not members:
                continue
            if len(batch) == 1 and batch[0][3] is None:
                self._write_alike(members.keys(), batch[0][1])  # as nearly always
            else:
                self._write_many(group, members.keys(), batch)
        answers, self._answers = self._answers, {}
        for outlet, frames in answers.items():
            write_one(outlet, b"".join(frames))

    def _write_many(
        self, group: str, members: AbstractSet[Outlet], batch: Sequence[Parcel]
    ) -> None:
        """Write frames of one group, encoded and joined once for all who get the same."""
        data = join_for_all(batch, members)
        if data is not None:
            self._write_alike(members, data)
            return
        named = named_in(batch)
        for dialect, outlets in self._groups.by_dialect(group):
            if others := outlets - named:
                self._write_alike(others, join_for(batch, dialect))
            for outlet in outlets & named:
                self._write_alike({outlet}, join_for(batch, dialect, outlet))

    def _write_alike(self, members: AbstractSet[Outlet], data: bytes) -> None:
        """Write the same to each of them; an answer to one goes behind it in the same write."""
        if not data:
            return
        answered = self._answers.keys() & members if self._answers else ()
        for outlet in answered:
            write_one(outlet, b"".join((data, *self._answers.pop(outlet))))
        # Over a copy: a write may close a member that is too slow, and a close may leave a group.
        for outlet in tuple(members - answered if answered else members):
            try:
                outlet.write(data)
            except Exception as error:  # noqa: BLE001 - one member's trouble is no other's
                give_up(outlet, error)


hubs = PerLoop(Hub)
forgotten_by(hubs.forget)


def local_hub() -> Hub:
    """The running event loop's hub, made at the first call. Raises RuntimeError without a loop."""
    return hubs.here()


def has_hub() -> bool:
    """Whether this process serves, or has served, WebSockets."""
    return bool(hubs)


def publish(group: str, frame: bytes, *, added: bool = False, skip: Outlet | None = None) -> None:
    """Have `frame` written to the members of `group` on every event loop of the process."""
    for hub in hubs.alive():
        hub.publish(group, frame, added=added, skip=skip)
