"""One connection to the notifications."""

from __future__ import annotations

from functools import partial
from time import time_ns
from typing import TYPE_CHECKING

from msgspec.json import Decoder

from hubbub.crossing import in_database
from hubbub.errors import UnauthenticatedError
from hubbub.notifications.cursor import write_cursor
from hubbub.notifications.inbox import (
    EVERYONE,
    EVERYONE_GROUP,
    NOBODY,
    inbox_of,
    stream_of,
    user_group,
)
from hubbub.notifications.kind import notifications
from hubbub.notifications.messages import (
    AskList,
    Connected,
    Read,
    ReadAll,
    Request,
    connected_frame,
    done_frame,
    page_frame,
)
from hubbub.notifications.opening import NOTHING, Arrival, Opening, read_opening
from hubbub.notifications.readers import local_readers
from hubbub.notifications.selectors import inbox_page
from hubbub.notifications.services import read, read_all
from hubbub.streams.consumer import Consumer
from hubbub.wire.codec import timestamp

if TYPE_CHECKING:
    from hubbub.streams.consumer import Client


class NotificationConsumer(Consumer):
    """A client that listens: to what is sent to its user, and to everyone."""

    __slots__ = ("_inbox",)
    first = Decoder(Connected)

    def __init__(self, connection: Client, _: str) -> None:
        super().__init__(notifications, connection, "")
        user_id = self.caller.user_id
        self._inbox = NOBODY if user_id is None else inbox_of(user_id)

    def streams(self) -> tuple[str, ...]:
        """Everyone's, and the user's own."""
        return (EVERYONE, stream_of(self._inbox)) if self._inbox else (EVERYONE,)

    def do(self, request: Request, payload: str | bytes) -> None:  # type: ignore[override]  # it has requests of its own
        """Do a request whose turn it is."""
        self._connection.extend()
        if isinstance(request, Request) and not self._inbox:
            raise UnauthenticatedError("anonymous")
        if isinstance(request, Read):
            self._turns.wait_for(self._read(request), payload)
        elif isinstance(request, ReadAll):
            self._turns.wait_for(self._read_all(request), payload)
        elif isinstance(request, AskList):
            self._turns.wait_for(self._list(request), payload)

    def standing(self) -> dict[str, object]:
        """A place in both streams."""
        return {"cursor": write_cursor(local_readers().positions(self._inbox))}

    @property
    def _groups(self) -> tuple[str, ...]:
        return EVERYONE_GROUP, user_group(self._inbox)

    def _begin(self) -> None:
        """Say where the client stands, then join."""
        readers = local_readers()
        readers.enter(self._inbox)
        opening = self._connection.ask(read_opening)
        if self._inbox or opening != NOTHING:
            self._turns.begin(self._arrive(opening))
            return
        cursor = write_cursor(readers.positions(self._inbox))
        self._connection.send(connected_frame(timestamp(time_ns()), cursor))
        self._join()

    def _part(self) -> None:
        local_readers().leave(self._inbox)
        super()._part()

    async def _arrive(self, opening: Opening) -> None:
        """Read what comes first, send it and join. Raises HangUp."""
        readers, reads = local_readers(), self._followers.reads
        counts = readers.counts(self._inbox)
        read = partial(in_database, Arrival(self._inbox, opening).read)
        await self._attach(partial(reads.share, (EVERYONE, self._inbox, opening), read))
        if self._inbox and counts != readers.counts(self._inbox):
            # Something was read elsewhere: a count that was told meanwhile may be older than ours.
            readers.recount(self._inbox)

    async def _read(self, request: Read) -> None:
        if not await in_database(read, user_id=self._inbox, number=request.id):
            local_readers().recount(self._inbox)

    async def _read_all(self, request: ReadAll) -> None:
        """Up to what was told here: nobody has read what came in the meantime."""
        upto = local_readers().positions(self._inbox)
        if not await in_database(read_all, user_id=self._inbox, upto=upto):
            local_readers().recount(self._inbox)
        if request.id is not None:
            self._connection.send(done_frame(request.id, timestamp(time_ns())))

    async def _list(self, request: AskList) -> None:
        page = await in_database(
            inbox_page,
            inbox=self._inbox,
            limit=request.limit,
            before=request.before,
            unread=request.unread,
        )
        frame = page_frame(page.notifications, more=page.more, request_id=request.id)
        self._connection.send(frame)
