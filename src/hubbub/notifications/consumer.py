"""One connection to the notifications."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, NoReturn

from hubbub.errors import InvalidFormatError
from hubbub.fanout.hub import local_hub
from hubbub.notifications.messages import connected_frame
from hubbub.notifications.services import EVERYONE, user_group
from hubbub.wire.codec import decode_any, timestamp

if TYPE_CHECKING:
    from hubbub.sockets.connection import Connection


class NotificationConsumer:
    """A client that listens: to what is sent to its user, and to everyone."""

    __slots__ = ("_connection", "_groups")

    def __init__(self, connection: Connection, _: str) -> None:
        self._connection = connection
        self._groups: tuple[str, ...] = ()

    def open(self) -> None:
        """Say so, and join."""
        user_id = self._connection.caller.user_id
        self._groups = (EVERYONE,) if user_id is None else (EVERYONE, user_group(user_id))
        self._connection.send(connected_frame(timestamp(time_ns())))
        for group in self._groups:
            local_hub().join(group, self._connection.outlet)

    def receive(self, payload: str | bytes) -> NoReturn:
        """Refuse: there is nothing yet that a client could ask here."""
        decode_any(payload)
        raise InvalidFormatError

    def leave(self) -> None:
        """Listen no more."""
        for group in self._groups:
            local_hub().leave(group, self._connection.outlet)
        self._groups = ()
