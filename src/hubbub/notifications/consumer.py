"""One connection to the notifications."""

from __future__ import annotations

from functools import partial
from time import time_ns
from typing import TYPE_CHECKING

from hubbub.crossing import in_database
from hubbub.errors import UnauthenticatedError
from hubbub.fanout.hub import local_hub
from hubbub.journal.attach import attach
from hubbub.journal.process import local_followers
from hubbub.notifications.cursor import write_cursor
from hubbub.notifications.inbox import (
    EVERYONE,
    EVERYONE_GROUP,
    NOBODY,
    inbox_of,
    stream_of,
    user_group,
)
from hubbub.notifications.messages import (
    AskList,
    Read,
    ReadAll,
    Request,
    connected_frame,
    done_frame,
    page_frame,
    read_request,
)
from hubbub.notifications.opening import NOTHING, Arrival, Opening, read_opening
from hubbub.notifications.readers import local_readers
from hubbub.notifications.selectors import inbox_page
from hubbub.notifications.services import read, read_all
from hubbub.sockets.failures import HangUp
from hubbub.sockets.ping import PING, Ping
from hubbub.sockets.turns import Turns
from hubbub.wire.closes import TOO_SLOW
from hubbub.wire.codec import timestamp

if TYPE_CHECKING:
    from hubbub.sockets.connection import Connection


class NotificationConsumer:
    """A client that listens: to what is sent to its user, and to everyone."""

    __slots__ = ("_connection", "_entered", "_inbox", "_turns")

    def __init__(self, connection: Connection, _: str) -> None:
        user_id = connection.caller.user_id
        self._connection = connection
        self._inbox = NOBODY if user_id is None else inbox_of(user_id)
        self._entered = False
        self._turns = Turns(self, connection)

    def streams(self) -> tuple[str, ...]:
        """Everyone's, and the user's own."""
        return (EVERYONE, stream_of(self._inbox)) if self._inbox else (EVERYONE,)

    async def admit(self) -> None:
        """Everyone may enter."""

    def open(self) -> None:
        """Say where the client stands, then join."""
        self._entered = True
        readers = local_readers()
        readers.enter(self._inbox)
        opening = self._connection.ask(read_opening)
        if not self._inbox and opening == NOTHING:
            cursor = write_cursor(readers.positions(self._inbox))
            status = connected_frame(timestamp(time_ns()), cursor)
            self._connection.send(status)
            if self._entered:  # that may have been too much for it
                local_hub().join(EVERYONE_GROUP, self._connection.outlet)
                self._join()
        else:
            self._turns.begin(self._begin(opening))

    def receive(self, payload: str | bytes) -> None:
        """Do what a frame asks, in the order in which the frames came."""
        self._turns.take(read_request(payload), payload)

    def do(self, request: Request | Ping, payload: str | bytes) -> None:
        """Do a request whose turn it is."""
        self._connection.extend()
        if isinstance(request, Ping):
            return
        if not self._inbox:
            raise UnauthenticatedError("anonymous")
        if isinstance(request, Read):
            self._turns.wait_for(self._read(request), payload)
        elif isinstance(request, ReadAll):
            self._turns.wait_for(self._read_all(request), payload)
        else:
            self._turns.wait_for(self._list(request), payload)

    def extend(self) -> None:
        """Do it after the requests that came before."""
        self._turns.take(PING, b"")

    def standing(self) -> dict[str, object]:
        """A place in both streams."""
        return {"cursor": write_cursor(local_readers().positions(self._inbox))}

    def extended(self) -> None:
        """Hear of what is read elsewhere, and of what is deleted."""
        if self._entered:
            self._join()

    def review(self) -> None:
        """Everyone may listen."""

    def leave(self) -> None:
        """Listen no more."""
        self._turns.end()
        if not self._entered:
            return
        self._entered = False
        local_readers().leave(self._inbox)
        for group in (EVERYONE_GROUP, user_group(self._inbox)):
            local_hub().leave(group, self._connection.outlet)

    def _join(self) -> None:
        connection = self._connection
        local_hub().join(user_group(self._inbox), connection.outlet, connection.dialect)

    async def _begin(self, opening: Opening) -> None:
        """Read what comes first, send it and join. Raises HangUp."""
        readers, followers = local_readers(), local_followers()
        counts = readers.counts(self._inbox)
        read = partial(in_database, Arrival(self._inbox, opening).read)
        live = await attach(
            followers,
            self._connection.outlet,
            dict.fromkeys(self.streams(), EVERYONE_GROUP),
            partial(followers.reads.share, (EVERYONE, self._inbox, opening), read),
            lambda: self._entered,
            budget=self._connection.settings.outlet_budget,
            extra=[user_group(self._inbox)],
            dialect=self._connection.dialect,
        )
        if not live:
            raise HangUp(TOO_SLOW)
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
