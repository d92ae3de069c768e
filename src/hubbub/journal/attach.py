"""From a snapshot to live, without a gap and without a repeat.

While the snapshot is read from the table, whatever is told of its streams is kept. Then the member
gets the snapshot, what was told after the snapshot's place, and from there on it is live.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from hubbub.crossing import in_database
from hubbub.journal.nodes import local_node

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubbub.fanout.outlet import Outlet
    from hubbub.journal.node import Node

#: Seconds to wait until what a snapshot has is told here too, before it is looked for again.
PATIENCE = 0.1


class Snapshot(NamedTuple):
    """What a member gets first, and the seq of each stream that it goes up to."""

    frames: bytes
    places: dict[str, int]


class Kept:
    """What is told of some streams while a snapshot of them is read; `budget` bytes at most."""

    def __init__(self, node: Node, streams: Sequence[str], budget: int) -> None:
        self._node = node
        self._streams = streams
        self._budget = budget
        self._kept: list[tuple[str, int, bytes]] = []
        self._size = 0
        self.overflowed = False

    def __enter__(self) -> Kept:
        for stream in self._streams:
            self._node.add_tap(stream, self._keep)
        return self

    def __exit__(self, *_: object) -> None:
        for stream in self._streams:
            self._node.remove_tap(stream, self._keep)

    def _keep(self, stream: str, seq: int, frame: bytes) -> None:
        self._size += len(frame)
        if self._size > self._budget:
            self.overflowed = True
            self._kept.clear()
        if not self.overflowed:
            self._kept.append((stream, seq, frame))

    def after(self, places: dict[str, int]) -> bytes:
        """The frames that a snapshot with these places does not have, in the order of telling."""
        return b"".join(frame for stream, seq, frame in self._kept if seq > places.get(stream, 0))


async def attach(
    outlet: Outlet,
    groups: dict[str, str],
    read: Callable[[], Snapshot],
    ready: Callable[[], bool],
    *,
    budget: int,
) -> bool:
    """Send what `read` (blocking) finds, then join `groups` (stream to group).

    The streams must be watched already. `ready()` is asked just before; if it is false, nothing
    more is done. The answer is False if more came meanwhile than `budget` bytes: then
    nothing was sent, and the connection is too slow. Raises what `read` raises.
    """
    node = local_node()
    with Kept(node, tuple(groups), budget) as kept:
        snapshot = await in_database(read)
        for stream, seq in snapshot.places.items():
            await reach(node, stream, seq)
        if kept.overflowed:
            return False
        if not ready():
            return True
        outlet.write(snapshot.frames + kept.after(snapshot.places))
        for group in groups.values():
            node.hub.join(group, outlet)
    return True


async def reach(node: Node, stream: str, seq: int) -> None:
    """Wait until everything up to `seq`, which is in the table, has been told here.

    Else it would come to the member once in the snapshot and once live.
    """
    while True:
        cursor = node.cursor(stream)
        if cursor is None or (cursor.told is not None and cursor.told >= seq):
            return
        heard = asyncio.Event()

        def hear(_stream: str, _seq: int, _frame: bytes, heard: asyncio.Event = heard) -> None:
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
