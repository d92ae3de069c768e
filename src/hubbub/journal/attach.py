"""From a snapshot to live, without a gap and without a repeat.

In this order: listen, then the place of each stream, then the snapshot; in any other one an event
may be neither in the snapshot nor told after it. While the snapshot is read from the table,
whatever the member's groups are told is kept. Then the member gets the snapshot, what was kept and
is not in it, and from there on it is live.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from django.db import Error

from hubbub.errors import OverloadedError
from hubbub.fanout.dialect import PLAIN, Dialect
from hubbub.fanout.parcel import frame_for
from hubbub.journal.marks import UNKNOWN, differ
from hubbub.wire.closes import NO_SNAPSHOT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from hubbub.bus.base import Event
    from hubbub.fanout.outlet import Outlet
    from hubbub.fanout.parcel import Parcel
    from hubbub.journal.followers import Followers
    from hubbub.wire.closes import Close

#: Seconds to wait until what a snapshot has is told here too, before it is looked for again.
PATIENCE = 0.1
#: How often it is looked for before the member is asked to come again: 5 s.
LOOKS = 50
#: Bytes that an event counts for which tells the member nothing.
SILENT = 64


class Snapshot(NamedTuple):
    """What a member gets first, and the seq of each stream that it goes up to.

    `marks` has those of the events under these numbers, as far as they are known (`marks.py`).
    Where frames tell how far the member has come, `place` makes those that were kept anew: of an
    event, or of none, for one who was told up to these seqs, that event with them.
    """

    frames: bytes
    seqs: dict[str, int]
    marks: dict[str, int]
    place: Callable[[Event | None, dict[str, int]], bytes] | None = None


class Hold:
    """Keeps for a member what its groups are told while its snapshot is read.

    At most `budget` bytes; more than that, and it has `overflowed`.
    """

    def __init__(self, outlet: Outlet, dialect: Dialect, budget: int) -> None:
        self.dialect = dialect
        self._outlet = outlet
        self._budget = budget
        self._kept: list[tuple[bytes, Event | None]] = []
        self._size = 0

    @property
    def overflowed(self) -> bool:
        """Whether more came than may wait; then nothing is kept."""
        return self._size > self._budget

    def keep(self, parcel: Parcel) -> None:
        """Keep a frame, if it is for the member, and which event it tells of."""
        frame, event = frame_for(parcel, self.dialect, self._outlet), parcel[2]
        self._size += len(frame) or SILENT
        if self.overflowed:
            self._kept.clear()
        else:
            self._kept.append((frame, event))

    def close(self, close: Close) -> None:
        """Close the member itself."""
        self._outlet.close(close)

    def after(self, snapshot: Snapshot) -> bytes:
        """What was kept, without the events that the snapshot has."""
        upto, frames = dict(snapshot.seqs), []
        for frame, event in self._kept:
            if event is not None and event.seq <= snapshot.seqs.get(event.stream, 0):
                continue
            if event is not None:
                upto[event.stream] = event.seq
            place = snapshot.place if frame else None
            frames.append(frame if place is None else place(event, upto))
        return b"".join(frames)

    def contradicts(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot ends with something else than was told here under that number.

        The table lost its end in between, and one of the two is of before that.
        """
        seqs, marks = snapshot.seqs, snapshot.marks
        return any(
            event.seq == seqs.get(event.stream)
            and differ(event.mark, marks.get(event.stream, UNKNOWN))
            for _, event in self._kept
            if event is not None
        )


async def attach(
    followers: Followers,
    outlet: Outlet,
    groups: dict[str, str],
    read: Callable[[], Awaitable[Snapshot]],
    ready: Callable[[], bool],
    *,
    budget: int,
    extra: Sequence[str] = (),
    dialect: Dialect = PLAIN,
) -> bool:
    """Send what `read` finds, then join `groups` (stream to group) and `extra` ones.

    The member must have entered the streams already. `ready()` is asked just before each; if it is
    false, nothing more is done. The answer is False if more came meanwhile than `budget` bytes:
    then nothing was sent, and the connection is too slow; or if the database is away or was put
    back: then it is closed already, for nobody may stay who would hear nothing, or what does not
    belong together.
    Raises what else `read` raises.
    """
    entered = {*groups.values(), *extra}
    hold = Hold(outlet, dialect, budget)
    followers.hub.hold(entered, hold)
    try:
        await followers.settled(*groups)
        snapshot = await read()
        for stream, seq in snapshot.seqs.items():
            await reach(followers, stream, seq)
    except (Error, OverloadedError):
        outlet.close(NO_SNAPSHOT)
        return False
    finally:
        followers.hub.release(entered, hold)
    if hold.contradicts(snapshot):
        outlet.close(NO_SNAPSHOT)
        return False
    if hold.overflowed or not ready():
        return not hold.overflowed
    outlet.write(snapshot.frames + hold.after(snapshot))
    # A write may close an outlet that is too slow, and its member has left then.
    for group in entered if ready() else ():
        followers.hub.join(group, outlet, dialect)
    return True


async def reach(followers: Followers, stream: str, seq: int) -> None:
    """Wait until everything up to `seq`, which is in the table, has been told here.

    Else it would come to the member once in the snapshot and once live. Raises OverloadedError
    where that does not come to pass.
    """
    follower = followers.find(stream)
    for _ in range(LOOKS):
        await followers.settled(stream)
        # With another follower the stream has another numbering, and its members were sent away.
        if (
            follower is None
            or follower is not followers.find(stream)
            or (follower.told or 0) >= seq
        ):
            return
        follower.newest = max(follower.newest, seq)
        followers.catch_up(stream)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await followers.heard(stream).wait()
    raise OverloadedError("place unknown")
