"""One connection to a counter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.counter.audience import enter_audience, leave_audience
from hubbub.counter.messages import read_change, welcome_frame
from hubbub.counter.services import counter_change, counter_group, counter_look
from hubbub.fanout.hub import local_hub, members_of
from hubbub.sockets.failures import HangUp
from hubbub.wire.closes import TRY_LATER

if TYPE_CHECKING:
    from hubbub.sockets.connection import Connection


class CounterConsumer:
    """What a client asks of a counter."""

    __slots__ = ("_connection", "_joined", "_name")

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._joined = False

    def open(self) -> None:
        """Say where the counter stands, then join. Raises HangUp where it is full."""
        cap = self._connection.settings.max_members
        if cap is not None and members_of(counter_group(self._name)) >= cap:
            raise HangUp(TRY_LATER)
        self._joined = True
        counter_look(name=self._name, look=self._join)
        enter_audience(self._name, self._connection.caller)

    def receive(self, payload: str | bytes) -> None:
        """Change the counter."""
        action, value = read_change(payload)
        counter_change(name=self._name, action=action, value=value)

    def leave(self) -> None:
        """Leave the counter."""
        if self._joined:
            self._joined = False
            local_hub().leave(counter_group(self._name), self._connection.outlet)
            leave_audience(self._name, self._connection.caller)

    def _join(self, counter: int, version: int) -> None:
        self._connection.send(welcome_frame(counter, version))
        local_hub().join(counter_group(self._name), self._connection.outlet)
