"""Members of streams without a socket: what was written to them, read back as frames."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from hubbub.crossing import in_database
from hubbub.fanout.dialect import EXTENDED, PLAIN
from hubbub.fanout.frame import read_texts
from hubbub.fanout.hub import Hub
from hubbub.journal.attach import attach
from hubbub.journal.followers import Followers
from hubbub.journal.source import DatabaseSource
from hubbub.journal.table import table_of
from hubbub.streams.messages import FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubbub.bus.base import Doorbell
    from hubbub.fanout.dialect import Dialect
    from hubbub.journal.source import Source
    from hubbub.streams.opening import Opening
    from hubbub.wire.closes import Close

DEADLINE = 60.0


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
        """The numbers of the stored events that came one by one."""
        return [frame["seq"] for frame in self.frames() if frame["type"] not in FRAMES]

    def lines(self) -> dict[int, str | None]:
        """What it knows of a pad by a snapshot and what came after it: None for a struck line."""
        known: dict[int, str | None] = {}
        for frame in self.frames():
            for event in frame.get("events", [frame]):
                if event["type"] == "line":
                    known[event["seq"]] = None if event["struck"] else event["text"]
                elif event["type"] == "strike":
                    known[event["strikes"]] = None
        return known


def new_followers(bus: Doorbell, source: Source | None = None) -> Followers:
    """Those of the running loop, which hear `bus`."""
    followers = Followers(Hub(asyncio.get_running_loop()), source or DatabaseSource())
    bus.listen(followers)
    return followers


async def join(followers: Followers, stream: str, dialect: Dialect = PLAIN) -> Member:
    """A member from now on, with no snapshot, as version 1's clients are."""
    member = Member()
    followers.enter(stream)
    await followers.settled(stream)
    followers.hub.join(group_of(stream), member, dialect)
    return member


async def enter(
    followers: Followers, stream: str, opening: Opening, dialect: Dialect = EXTENDED
) -> Member:
    """A member that asked for a snapshot."""
    member = Member()
    followers.enter(stream)
    read = partial(in_database, opening.read, stream)
    groups, ready = {stream: group_of(stream)}, lambda: True
    assert await attach(followers, member, groups, read, ready, budget=2**20, dialect=dialect)
    return member


def group_of(stream: str) -> str:
    """The hub's group of a stream's members."""
    return table_of(stream).group(stream)


async def until(condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
    """Return when the condition holds; fail when it takes too long."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions of many kinds, none with an event
            await asyncio.sleep(0.005)
