"""Members of streams without a socket: what was written to them, read back as frames."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from hubbub.fanout.frame import read_texts
from hubbub.fanout.hub import Hub
from hubbub.journal.followers import Followers
from hubbub.journal.source import DatabaseSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubbub.bus.base import Bus
    from hubbub.journal.source import Source
    from hubbub.wire.closes import Close

DEADLINE = 10.0


class Member:
    """An outlet that keeps what is written to it."""

    def __init__(self) -> None:
        self.wire: list[bytes] = []
        self.goodbye: Close | None = None

    def write(self, frames: bytes) -> None:
        if self.goodbye is None:
            self.wire.append(frames)

    def close(self, close: Close) -> None:
        self.goodbye = self.goodbye or close

    def buffered(self) -> int:
        return 0

    def frames(self) -> list[dict[str, Any]]:
        """All that came, in order."""
        return [json.loads(text) for text in read_texts(b"".join(self.wire))]

    def seqs(self) -> list[int]:
        """The numbers of the stored events that came."""
        keys = ("seq", "version")
        kinds = ("chat_message", "message_deleted", "counter_update")
        return [
            frame[key]
            for frame in self.frames()
            for key in keys
            if key in frame and frame["type"] in kinds
        ]


def new_node(bus: Bus, source: Source | None = None) -> Followers:
    """A node of the running loop that hears from `bus`."""
    node = Followers(Hub(asyncio.get_running_loop()), source or DatabaseSource())
    bus.subscribe(node.ring)
    return node


async def join(node: Followers, stream: str, group: str) -> Member:
    """A member from now on, with no snapshot, as version 1's clients are."""
    member = Member()
    node.enter(stream)
    await node.settled(stream)
    node.hub.join(group, member)
    return member


async def until(condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
    """Return when the condition holds; fail when it takes too long."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions of many kinds, none with an event
            await asyncio.sleep(0.005)
