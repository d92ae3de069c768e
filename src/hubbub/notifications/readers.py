"""Who listens on which event loop, how far they were told, and how much they have not read.

What a user reads is an event of its own stream: whoever wrote it, all connections of the user hear
the count. It is of what was told here until then, and leaves between just those notifications: a
client that adds one for each new notification and takes the count when it comes is never wrong.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from django.db import Error

from hubbub.anew import forgotten_by
from hubbub.crossing import in_database
from hubbub.errors import OverloadedError
from hubbub.notifications.cursor import Both, Positions, write_cursor
from hubbub.notifications.inbox import EVERYONE, stream_of, user_group
from hubbub.notifications.messages import unread_frame
from hubbub.notifications.selectors import unread_count
from hubbub.observe.events import COUNT_UNTOLD
from hubbub.observe.report import report
from hubbub.perloop import PerLoop
from hubbub.streams.standing import Position, local_followers, reach
from hubbub.tasks import start_task

if TYPE_CHECKING:
    from collections.abc import Collection

#: Counts under way at once on one loop; a deletion for everyone asks for one a user.
COUNTS = 4


class Reader:
    """A user's connections on one loop; anonymous ones are those of one reader together."""

    __slots__ = ("asked", "connections", "everyone", "news", "told", "turn")

    def __init__(self) -> None:
        self.connections = 0
        #: Notifications of its own stream that were told.
        self.news = 0
        #: Up to which seq of everyone's stream it has read something.
        self.everyone = 0
        #: How often a count was asked for.
        self.asked = 0
        #: And how often one was told.
        self.told = 0
        #: One count of a user at a time: a later one is never told before an earlier one.
        self.turn = asyncio.Lock()


class Readers:
    """Those on one event loop. All runs on it."""

    def __init__(self) -> None:
        self.followers = local_followers()
        #: Notifications of everyone's stream that were told.
        self._news = 0
        self._readers: dict[str, Reader] = {}
        self._few = asyncio.Semaphore(COUNTS)

    def enter(self, inbox: str) -> Reader:
        """Count a connection in."""
        reader = self._readers.get(inbox)
        if reader is None:
            reader = self._readers[inbox] = Reader()
        reader.connections += 1
        return reader

    def leave(self, inbox: str) -> None:
        """Count a connection out."""
        reader = self._readers.get(inbox)
        if reader is None:
            return  # it was forgotten
        reader.connections -= 1
        if not reader.connections:
            del self._readers[inbox]

    def counts(self, inbox: str) -> tuple[int, int]:
        """How often a count was asked for and told: if that stays, nothing was read meanwhile."""
        reader = self._readers.get(inbox)
        return (reader.asked, reader.told) if reader else (0, 0)

    def inboxes(self) -> Collection[str]:
        """Whose connections are here; the empty one stands for anonymous ones."""
        return self._readers

    def positions(self, inbox: str) -> Positions:
        """How far a reader was told."""
        own = self._position(stream_of(inbox)) if inbox else None
        return Both(own, self._position(EVERYONE))

    def half(self, stream: str, seq: int | None = None) -> str:
        """How far a stream was told, or `seq` of it, as half a cursor."""
        here = self._position(stream)
        return "" if here is None else f"{here.epoch}:{here.seq if seq is None else seq}"

    def note_news(self, inbox: str) -> None:
        """Count a notification that is being told, to a user or to everyone."""
        reader = self._readers.get(inbox)
        if not inbox:
            self._news += 1
        elif reader is not None:
            reader.news += 1

    def recount(self, inbox: str, everyone: int = 0) -> None:
        """Tell a user how much it has not read, once `everyone` of everyone's stream is told."""
        reader = self._readers.get(inbox)
        if reader is not None:
            reader.asked += 1
            reader.everyone = max(reader.everyone, everyone)
            start_task(self._recount(inbox, reader, reader.asked), self.followers.hub.loop)

    async def _recount(self, inbox: str, reader: Reader, number: int) -> None:
        try:
            await reach(self.followers, EVERYONE, reader.everyone)
            async with reader.turn, self._few:
                if number == reader.asked and self.followers.hub.has_extended(user_group(inbox)):
                    await self._tell_count(inbox, reader)
                    reader.told += 1
        except (Error, OverloadedError) as error:
            report(COUNT_UNTOLD, error=error)

    async def _tell_count(self, inbox: str, reader: Reader) -> None:
        news = self._news + reader.news
        count = await in_database(unread_count, inbox=inbox, upto=self.positions(inbox))
        # What was told meanwhile is new.
        count += self._news + reader.news - news
        frame = unread_frame(count, write_cursor(self.positions(inbox)))
        self.followers.hub.publish(user_group(inbox), frame, added=True)

    def _position(self, stream: str) -> Position | None:
        here = self.followers.find(stream)
        if here is None or here.told is None:
            return None
        return Position(here.epoch, here.told)


readers = PerLoop(lambda _: Readers())
forgotten_by(readers.forget)


def local_readers() -> Readers:
    """Those of the running event loop."""
    return readers.here()
