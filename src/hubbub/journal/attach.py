"""From a snapshot to live, without a gap and without a repeat.

In this order: listen, then the place of each stream, then the snapshot; in any other one an event
may be neither in the snapshot nor told after it. While the snapshot is read from the table,
whatever the member's groups are told is kept. Then the member gets the snapshot, what was kept and
is not in it, and from there on it is live.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from django.db import DatabaseError

from hubbub.errors import OverloadedError
from hubbub.fanout.frame import split_frames
from hubbub.journal.marks import UNKNOWN, differ
from hubbub.wire.closes import NO_SNAPSHOT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from hubbub.fanout.outlet import Outlet, Write
    from hubbub.journal.node import Node
    from hubbub.wire.closes import Close

    Identity = Callable[[bytes], bytes]

#: Seconds to wait until what a snapshot has is told here too, before it is looked for again.
PATIENCE = 0.1
#: How often it is looked for before the member is asked to come again: 5 s.
LOOKS = 50


class Snapshot(NamedTuple):
    """What a member gets first, and the seq of each stream that it goes up to.

    `marks` has those of the events under these numbers, as far as they are known (`marks.py`).
    """

    frames: bytes
    places: dict[str, int]
    marks: dict[str, int]


class Pending:
    """Stands in for a member while its snapshot is read: an outlet that keeps what it is given.

    At most `budget` bytes; more than that, and it has `overflowed`.
    """

    def __init__(
        self,
        node: Node,
        outlet: Outlet,
        groups: dict[str, str],
        budget: int,
        identity: Identity,
    ) -> None:
        self._identity = identity
        self._node = node
        self._outlet = outlet
        self._groups = groups
        self._budget = budget
        self._parts: list[bytes] = []
        self._told: list[tuple[str, int, bytes, int]] = []
        self._size = 0
        self.overflowed = False
        self.write: Write = self._keep

    def begin(self, extra: Sequence[str]) -> None:
        """Join the groups, and learn which frames have which place in a stream."""
        for stream in self._groups:
            self._node.add_tap(stream, self._note)
        for group in (*self._groups.values(), *extra):
            self._node.hub.join(group, self)

    def end(self, extra: Sequence[str]) -> None:
        """Leave them; what was told up to now has been kept."""
        self._node.hub.flush()
        for stream in self._groups:
            self._node.remove_tap(stream, self._note)
        for group in (*self._groups.values(), *extra):
            self._node.hub.leave(group, self)

    def close(self, close: Close) -> None:
        """Close the member itself."""
        self._outlet.close(close)

    def buffered(self) -> int:
        """Bytes that were kept."""
        return self._size

    def after(self, places: dict[str, int]) -> bytes:
        """What was kept, without the events that a snapshot with these places has."""
        identity = self._identity
        known = {
            identity(frame) for stream, seq, frame, _ in self._told if seq <= places.get(stream, 0)
        }
        kept = b"".join(self._parts)
        return b"".join(frame for frame in split_frames(kept) if identity(frame) not in known)

    def contradicts(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot ends with something else than was told here under that number.

        The table lost its end in between, and one of the two is of before that.
        """
        places, marks = snapshot.places, snapshot.marks
        return any(
            seq == places.get(stream) and differ(mark, marks.get(stream, UNKNOWN))
            for stream, seq, _, mark in self._told
        )

    def _note(self, stream: str, seq: int, frame: bytes, mark: int) -> None:
        if not self.overflowed:
            self._told.append((stream, seq, frame, mark))

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._budget:
            self.overflowed = True
            self._parts.clear()
            self._told.clear()
        if not self.overflowed:
            self._parts.append(data)


async def attach(
    node: Node,
    outlet: Outlet,
    groups: dict[str, str],
    read: Callable[[], Awaitable[Snapshot]],
    ready: Callable[[], bool],
    *,
    budget: int,
    extra: Sequence[str] = (),
    identity: Identity = bytes,
) -> bool:
    """Send what `read` finds, then join `groups` (stream to group) and `extra` ones.

    The streams must be watched already. `ready()` is asked just before; if it is false, nothing
    more is done. The answer is False if more came meanwhile than `budget` bytes: then nothing was
    sent, and the connection is too slow; or if the database is away or was put back: then it is
    closed already, for nobody may stay who would hear nothing, or what does not belong together.
    Raises what else `read` raises. Where members get an event in frames of their own,
    `identity(frame)` is what these and the stored one have in common.
    """
    pending = Pending(node, outlet, groups, budget, identity)
    pending.begin(extra)
    try:
        await node.settled(*groups)
        snapshot = await read()
        for stream, seq in snapshot.places.items():
            await reach(node, stream, seq)
        if pending.contradicts(snapshot):
            outlet.close(NO_SNAPSHOT)
            return False
    except (DatabaseError, OverloadedError):
        outlet.close(NO_SNAPSHOT)
        return False
    finally:
        pending.end(extra)
    if pending.overflowed or not ready():
        return not pending.overflowed
    outlet.write(snapshot.frames + pending.after(snapshot.places))
    for group in (*groups.values(), *extra):
        node.hub.join(group, outlet)
    return True


async def reach(node: Node, stream: str, seq: int) -> None:
    """Wait until everything up to `seq`, which is in the table, has been told here.

    Else it would come to the member once in the snapshot and once live. Raises OverloadedError
    where that does not come to pass.
    """
    cursor = node.cursor(stream)
    for _ in range(LOOKS):
        await node.settled(stream)
        # With another cursor the stream has another numbering, and its members were sent away.
        if cursor is None or cursor is not node.cursor(stream) or (cursor.told or 0) >= seq:
            return
        heard = asyncio.Event()

        def hear(*_told: object, heard: asyncio.Event = heard) -> None:
            heard.set()

        cursor.newest = max(cursor.newest, seq)
        node.catch_up(stream)
        node.add_tap(stream, hear)
        try:
            async with asyncio.timeout(PATIENCE):
                await heard.wait()
        except TimeoutError:
            continue
        finally:
            node.remove_tap(stream, hear)
    raise OverloadedError("place unknown")
