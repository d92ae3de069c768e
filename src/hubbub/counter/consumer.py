"""One connection to a counter."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hubbub.counter.audience import enter_audience, leave_audience
from hubbub.counter.log import counter_group, stream_of
from hubbub.counter.messages import Change, read_change, welcome_frame
from hubbub.counter.selectors import counter_read
from hubbub.counter.services import change_entry, change_soon
from hubbub.errors import Refusal
from hubbub.fanout.hub import local_hub, members_of
from hubbub.journal.attach import Snapshot, attach
from hubbub.journal.nodes import local_node
from hubbub.sockets.acks import ack_frame
from hubbub.sockets.failures import HangUp
from hubbub.sockets.turns import Turns
from hubbub.wire.closes import TOO_SLOW, TRY_LATER

if TYPE_CHECKING:
    from hubbub.journal.log import Outcome
    from hubbub.sockets.connection import Connection


class CounterConsumer:
    """What a client asks of a counter."""

    __slots__ = ("_connection", "_entered", "_name", "_turns", "_watched")

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._entered = False
        self._watched = False
        self._turns = Turns(self._do, connection.fail)

    def open(self) -> None:
        """Say where the counter stands, then join. Raises HangUp where it is full."""
        cap = self._connection.settings.max_members
        if cap is not None and members_of(counter_group(self._name)) >= cap:
            raise HangUp(TRY_LATER)
        local_node().watch(stream_of(self._name))
        self._watched = True
        self._turns.wait_for(self._begin())

    def receive(self, payload: str | bytes) -> None:
        """Change the counter."""
        self._turns.take(read_change(payload), payload)

    def leave(self) -> None:
        """Leave the counter."""
        if self._watched:
            self._watched = False
            local_node().unwatch(stream_of(self._name))
        if self._entered:
            self._entered = False
            local_hub().leave(counter_group(self._name), self._connection.outlet)
            leave_audience(self._name, self._connection.caller)

    async def _begin(self) -> None:
        live = await attach(
            self._connection.outlet,
            {stream_of(self._name): counter_group(self._name)},
            partial(standing_snapshot, self._name),
            lambda: self._watched,
            budget=self._connection.settings.outlet_budget,
        )
        if not live:
            raise HangUp(TOO_SLOW)
        if self._watched:
            self._entered = True
            enter_audience(self._name, self._connection.caller)

    def _do(self, change: Change, payload: str | bytes) -> None:
        entry = change_entry(
            name=self._name,
            action=change.action,
            value=change.amount(),
            user_id=self._connection.caller.user_id,
            request_id=change.id or "",
        )
        if change.id is not None:
            self._connection.extended = True
        change_soon(entry, partial(self._answer, change.id, payload))

    def _answer(self, request_id: str | None, payload: str | bytes, outcome: Outcome) -> None:
        if isinstance(outcome, Refusal):
            self._connection.fail(outcome, payload)
        elif request_id is not None:
            ack = ack_frame(request_id, outcome.seq, outcome.timestamp)
            local_hub().answer(self._connection.outlet, ack)


def standing_snapshot(name: str) -> Snapshot:
    """The first frame, and the change that it is after. Blocking."""
    standing = counter_read(name=name)
    return Snapshot(welcome_frame(*standing), {stream_of(name): standing.version})
