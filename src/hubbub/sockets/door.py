"""The WebSocket door of an endpoint: an ASGI application that admits connections, or does not.

In this order: the name in the path (404), the page's origin (403), room for one more (503, 429),
then who is speaking. A bad credential is told on the open socket, error frame and 4401, because a
browser shows a page nothing of a refused handshake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError

from hubbub import conf
from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.accounts.identify import identify
from hubbub.accounts.origins import origin_allowed
from hubbub.errors import (
    ForbiddenError,
    NotFoundError,
    OverloadedError,
    RateLimitedError,
    Refusal,
    UnauthenticatedError,
)
from hubbub.limits.ledger import Seats
from hubbub.sockets.asgi import ASGIOutlet, carry
from hubbub.sockets.connection import Connection, Consumer
from hubbub.sockets.failures import HangUp, refuse_handshake
from hubbub.wire.closes import TRY_LATER, UNAUTHENTICATED
from hubbub.wire.names import is_name

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from hubbub.conf import Settings

    Scope = dict[str, Any]
    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

SUBPROTOCOL = "hubbub.v1"
#: Query parameters that a v1 client does not know: with one of them a connection is extended.
ADDED_PARAMETERS = (b"history=", b"since=", b"epoch=", b"cursor=", b"unread=")
NODE = "node"

#: Connections of this process: all, by address, by user.
seats = Seats()

MakeConsumer = Callable[[Connection, str], Consumer]


class Door:
    """An endpoint's ASGI application. `requires_user` names the endpoint's setting.

    `default_name` is the name where the path has none.
    """

    def __init__(
        self, make_consumer: MakeConsumer, *, requires_user: str, default_name: str = ""
    ) -> None:
        self._make_consumer = make_consumer
        self._requires_user = requires_user
        self._default_name = default_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection (ASGI)."""
        await receive()
        settings = conf.current()
        address = scope["client"][0] if scope.get("client") else ""
        try:
            name = self._admit(scope)
            take_seats(address, settings)
        except Refusal as refusal:
            await refuse_handshake(scope, send, refusal)
            return
        admitted = Admitted(address)
        try:
            caller, goodbye = await self._identify(scope, settings, admitted)
        except DatabaseError:
            admitted.release()
            await refuse_handshake(scope, send, OverloadedError())
            return
        except BaseException:
            admitted.release()
            raise
        subprotocol = SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None
        await accept(send, subprotocol, admitted)
        socket = scope.get("extensions", {}).get("hubbub.socket", {}).get("socket")
        outlet = ASGIOutlet(send, settings.outlet_budget) if socket is None else socket
        connection = Connection(
            outlet=outlet,
            caller=caller,
            address=address,
            extended=subprotocol is not None or is_extended(scope["query_string"]),
            settings=settings,
            release=admitted.release,
        )
        if socket is not None:
            socket.attach(connection, max_frame=settings.max_frame, budget=settings.outlet_budget)
        if goodbye is None:
            connection.open(self._make_consumer(connection, name))
        else:
            connection.hang_up(goodbye)
        if socket is None:
            await carry(connection, outlet, receive)

    def _admit(self, scope: Scope) -> str:
        """The name in the path. Raises NotFoundError or ForbiddenError."""
        named = scope.get("url_route", {}).get("kwargs", {}).get("name")
        name = self._default_name if named is None else named
        if name and not is_name(name) or named == "":
            raise NotFoundError
        if not origin_allowed(scope):
            raise ForbiddenError
        return name

    async def _identify(
        self, scope: Scope, settings: Settings, admitted: Admitted
    ) -> tuple[Caller, HangUp | None]:
        """Who speaks, or nobody and the goodbye that a bad or missing credential gets."""
        try:
            caller = await identify(scope)
        except UnauthenticatedError as refusal:
            return ANONYMOUS, HangUp(UNAUTHENTICATED, refusal)
        if caller.user_id is None:
            if getattr(settings, self._requires_user):
                return ANONYMOUS, HangUp(UNAUTHENTICATED, UnauthenticatedError())
        elif not admitted.seat_user(caller.user_id, settings):
            return ANONYMOUS, HangUp(TRY_LATER)
        return caller, None


class Admitted:
    """The seats that a connection holds, to be given back once."""

    __slots__ = ("_keys",)

    def __init__(self, address: str) -> None:
        self._keys: list[object] = [NODE, ("address", address)]

    def seat_user(self, user_id: object, settings: Settings) -> bool:
        """Take a seat among the user's connections; False if there is none left."""
        key = ("user", user_id)
        if not seats.take(key, settings.max_connections_per_user):
            return False
        self._keys.append(key)
        return True

    def release(self) -> None:
        """Give all seats back."""
        keys, self._keys = self._keys, []
        for key in keys:
            seats.give_back(key)


def take_seats(address: str, settings: Settings) -> None:
    """Count one more connection. Raises OverloadedError (503) or RateLimitedError (429)."""
    if not seats.take(NODE, settings.max_connections):
        raise OverloadedError
    if not seats.take(("address", address), settings.max_connections_per_address):
        seats.give_back(NODE)
        raise RateLimitedError(60.0)


async def accept(send: Send, subprotocol: str | None, admitted: Admitted) -> None:
    """Answer 101; a peer that is gone by now gives its seats back."""
    try:
        await send({"type": "websocket.accept", "subprotocol": subprotocol})
    except BaseException:
        admitted.release()
        raise


def is_extended(query: bytes) -> bool:
    """Whether a query has a parameter that version 1 does not know."""
    return query != b"" and any(part.startswith(ADDED_PARAMETERS) for part in query.split(b"&"))


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 404 to a path that is nobody's (ASGI)."""
    await receive()
    await refuse_handshake(scope, send, NotFoundError())
