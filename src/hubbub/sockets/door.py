"""The WebSocket door of an endpoint: an ASGI application that admits connections, or does not.

In this order: the name in the path (404), the page's origin (403), the subprotocol where one is
needed (400), room for one more (503, 429), who is speaking, whether that one may enter, then where
the streams stand that the connection will hear (503). A bad credential is told on the open socket,
error frame and 4401, and so is who may not enter, 4403, because a browser shows a page nothing of
a refused handshake.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import Error

from hubbub import conf
from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.accounts.identify import identify
from hubbub.accounts.origins import origin_allowed
from hubbub.anew import forgotten_by
from hubbub.errors import (
    ForbiddenError,
    NotFoundError,
    OverloadedError,
    RateLimitedError,
    Refusal,
    SubprotocolError,
    UnauthenticatedError,
)
from hubbub.journal.process import local_followers
from hubbub.limits.ledger import Seats
from hubbub.limits.network import network_of
from hubbub.sockets.asgi import ASGIOutlet, carry
from hubbub.sockets.between import find_way
from hubbub.sockets.connection import Connection, Consumer
from hubbub.sockets.failures import HangUp, not_signed_in, peer_of, refuse_handshake
from hubbub.wire.closes import TOO_MANY
from hubbub.wire.names import is_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from hubbub.conf import Settings
    from hubbub.fanout.outlet import Outlet
    from hubbub.journal.followers import Followers

    Scope = dict[str, Any]
    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

SUBPROTOCOL = "hubbub.v1"
#: Query parameters that a v1 client does not know: with one of them a connection is extended.
ADDED_PARAMETERS = {b"history", b"since", b"epoch", b"cursor", b"unread"}
PROCESS = "process"
#: What a client hears that may not open one more: nobody knows when another of its own closes.
RETRY_SECONDS = 60.0

#: Connections of this process: all, by address, by user.
seats = Seats()
forgotten_by(seats.clear)

MakeConsumer = Callable[[Connection, str], Consumer]


class Door:
    """An endpoint's ASGI application. `requires_user` names the endpoint's setting, if it has one.

    `default_name` is the name where the path has none. An endpoint that is all `added` is for
    clients alone that offer our subprotocol.
    """

    def __init__(
        self,
        make_consumer: MakeConsumer,
        *,
        requires_user: str = "",
        default_name: str = "",
        added: bool = False,
    ) -> None:
        self._make_consumer = make_consumer
        self._requires_user = requires_user
        self._default_name = default_name
        self._added = added

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI)."""
        await receive()
        settings = conf.current()
        seat = Seat(peer_of(scope))
        try:
            name = self._admit(scope)
            seat.take(settings)
            caller, goodbye = await self._identify(scope, settings, seat)
            way = find_way(scope, receive, send, settings.fast_path)
            outlet = way.socket or ASGIOutlet(send, settings.outlet_budget, seat.peer)
            connection = connect(scope, outlet, caller, seat, settings)
            begin = await self._prepare(connection, name, goodbye, seat)
        except Refusal as refusal:
            seat.release()
            await refuse_handshake(scope, send, refusal)
            return
        except BaseException:
            seat.release()
            raise
        accept = {"type": "websocket.accept", "subprotocol": chosen_subprotocol(scope)}
        try:
            if isinstance(outlet, ASGIOutlet):
                # Before the answer: a server may take its time over that, and what is told
                # meanwhile must wait for the connection.
                begin()
                await send(accept)
                await carry(connection, outlet, receive)
            else:
                await send(accept)
                over = seat.over() if way.lasting else None
                budget = settings.outlet_budget
                outlet.hand_over(connection, max_frame=settings.max_frame, budget=budget)
                begin()
                if over is not None:
                    await over
        except BaseException:
            connection.closed(1006)
            raise

    async def _prepare(
        self, connection: Connection, name: str, goodbye: HangUp | None, seat: Seat
    ) -> Callable[[], None]:
        """How the connection begins: with the goodbye; or the endpoint, with its streams' places.

        Raises OverloadedError where these are not known soon.
        """
        if goodbye is not None:
            return partial(connection.hang_up, goodbye)
        consumer = self._make_consumer(connection, name)
        followers = local_followers()
        streams = seat.enter(consumer, followers)
        try:
            # First, so that nobody who may not enter learns by the time it took who is there.
            await consumer.admit()
        except HangUp as refused:
            return partial(connection.hang_up, refused)
        try:
            await followers.settled(*streams)
        except BaseException:
            consumer.leave()
            raise
        connection.give(consumer)
        return connection.open

    def _admit(self, scope: Scope) -> str:
        """The name in the path. Raises NotFoundError, ForbiddenError or SubprotocolError."""
        named = scope.get("url_route", {}).get("kwargs", {}).get("name")
        if named is not None and not is_name(named):
            raise NotFoundError("name")
        if not origin_allowed(scope):
            raise ForbiddenError("origin")
        if self._added and chosen_subprotocol(scope) is None:
            raise SubprotocolError
        return self._default_name if named is None else str(named)

    async def _identify(
        self, scope: Scope, settings: Settings, seat: Seat
    ) -> tuple[Caller, HangUp | None]:
        """Who speaks; or nobody, and the goodbye that a bad or missing credential gets.

        Raises OverloadedError while the database is away.
        """
        try:
            caller = await identify(scope)
        except UnauthenticatedError as refusal:
            return ANONYMOUS, not_signed_in(refusal)
        except Error:
            raise OverloadedError("database") from None
        if caller.user_id is None:
            if self._requires_user and getattr(settings, self._requires_user):
                return ANONYMOUS, not_signed_in(UnauthenticatedError("anonymous"))
        elif not seat.take_user(caller.user_id, settings):
            return ANONYMOUS, HangUp(TOO_MANY)
        return caller, None


class Seat:
    """What a connection holds: of the limits on connections, and streams. To be given back once.

    Its keys and streams are made anew to be given back: a connection that idles needs none of them.
    """

    __slots__ = ("_entered", "_held", "_over", "_user_id", "address", "peer")

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.address = network_of(peer)
        self._user_id: object = None
        self._held = 0
        self._over: asyncio.Future[None] | None = None
        self._entered: Consumer | None = None

    def take(self, settings: Settings) -> None:
        """Count one more connection. Raises OverloadedError (503) or RateLimitedError (429)."""
        if not self._hold(settings.max_connections):
            raise OverloadedError("connections")
        if not self._hold(settings.max_connections_per_address):
            raise RateLimitedError(RETRY_SECONDS, "connections of an address")

    def take_user(self, user_id: object, settings: Settings) -> bool:
        """Count one more connection of a user; False if there may not be more."""
        self._user_id = user_id
        return self._hold(settings.max_connections_per_user)

    def enter(self, consumer: Consumer, followers: Followers) -> Sequence[str]:
        """Become a member of its streams: where each stands is looked for from now on."""
        self._entered, streams = consumer, consumer.streams()
        for stream in streams:
            followers.enter(stream)
        return streams

    def over(self) -> asyncio.Future[None]:
        """What is done when all is given back."""
        self._over = asyncio.get_running_loop().create_future()
        return self._over

    def release(self) -> None:
        """Give all back."""
        if self._over is not None and not self._over.done():
            self._over.set_result(None)
        held, self._held = self._held, 0
        for key in self._keys()[:held]:
            seats.give_back(key)
        consumer, self._entered = self._entered, None
        for stream in () if consumer is None else consumer.streams():
            local_followers().leave(stream)

    def _hold(self, cap: int | None) -> bool:
        """Take one more of the next key."""
        taken = seats.take(self._keys()[self._held], cap)
        self._held += taken
        return taken

    def _keys(self) -> tuple[object, ...]:
        """What is counted, in the order in which it is taken."""
        return PROCESS, ("address", self.address), ("user", self._user_id)


def connect(
    scope: Scope, outlet: Outlet, caller: Caller, seat: Seat, settings: Settings
) -> Connection:
    """The connection of a client that is let in; its end gives the seat back."""
    query = scope["query_string"]
    extended = is_extended(query)
    return Connection(
        outlet=outlet,
        caller=caller,
        address=seat.address,
        peer=seat.peer,
        path=scope["path"],
        extended=extended or chosen_subprotocol(scope) is not None,
        query=query if extended else b"",
        settings=settings,
        seat=seat,
    )


def chosen_subprotocol(scope: Scope) -> str | None:
    """Ours, where the client offers it."""
    return SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None


def is_extended(query: bytes) -> bool:
    """Whether a query has a parameter that version 1 does not know."""
    return query != b"" and not ADDED_PARAMETERS.isdisjoint(
        part.partition(b"=")[0] for part in query.split(b"&")
    )


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 404 to a path that is nobody's (ASGI)."""
    await receive()
    await refuse_handshake(scope, send, NotFoundError("path"))
