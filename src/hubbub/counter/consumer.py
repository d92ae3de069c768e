"""One connection to a counter."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hubbub.accounts.beginnings import check_beginning
from hubbub.counter.audience import (
    enter_audience,
    find_standing,
    leave_audience,
    note_standing,
)
from hubbub.counter.log import stream_of
from hubbub.counter.messages import (
    GLOBAL,
    Change,
    Standing,
    counter_group,
    read_change,
    welcome_frame,
)
from hubbub.counter.selectors import counter_read
from hubbub.counter.services import change_entry
from hubbub.crossing import in_database
from hubbub.journal.append import append_soon
from hubbub.journal.attach import Snapshot, attach
from hubbub.journal.nodes import local_node
from hubbub.sockets.acks import tell_outcome
from hubbub.sockets.failures import HangUp
from hubbub.sockets.turns import Turns
from hubbub.streams.standing import place_of
from hubbub.wire.closes import FULL, TOO_SLOW

if TYPE_CHECKING:
    from hubbub.journal.log import Entry
    from hubbub.sockets.connection import Connection


class CounterConsumer:
    """What a client asks of a counter."""

    __slots__ = (
        "_begun",
        "_connection",
        "_counted",
        "_entered",
        "_name",
        "_node",
        "_turns",
    )

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._node = local_node()
        self._name = name
        self._begun = False
        self._entered = False
        self._counted = False
        self._turns = Turns(self, connection)

    def streams(self) -> tuple[str]:
        """The counter's."""
        return (stream_of(self._name),)

    async def admit(self) -> None:
        """Everyone may enter."""

    def open(self) -> None:
        """Say where the counter stands, then join. Raises HangUp where it is full."""
        cap = self._connection.settings.max_members
        here = self._node.follower(stream_of(self._name))
        if cap is not None and here is not None and here.members > cap:
            raise HangUp(FULL)
        self._entered = True
        standing = find_standing(self._name, self._node.hub)
        if standing is not None and here is not None and standing.version == here.told:
            self._connection.send(welcome_frame(*standing))
            self._node.hub.join(counter_group(self._name), self._connection.outlet)
            self._count_in()
        else:
            self._turns.begin(self._begin())

    def receive(self, payload: str | bytes) -> None:
        """Change the counter."""
        self._turns.take(read_change(payload), payload)

    def do(self, change: Change, payload: str | bytes) -> None:
        """Make a change whose turn it is."""
        entry = change_entry(
            name=self._name,
            action=change.action,
            value=change.value,
            user_id=self._connection.caller.user_id,
            request_id=change.id or "",
        )
        if change.id is not None:
            self._connection.extend()
        if self._has_begun():
            self._store(entry, payload)
        else:
            self._turns.wait_for(self._be_first(entry, payload), payload)

    def extend(self) -> None:
        """Nothing that comes before could be passed by what is added."""
        self._connection.extend()

    def standing(self) -> dict[str, object]:
        """Its place, and its value where that is known here."""
        place, here = place_of(stream_of(self._name)), find_standing(self._name, self._node.hub)
        known = here is not None and here.version == place.get("seq")
        return place | {"counter": here.counter} if here and known else place

    def extended(self) -> None:
        """A counter tells nothing that version 1 does not know."""

    def leave(self) -> None:
        """Leave the counter."""
        self._turns.end()
        if self._entered:
            self._entered = False
            self._node.hub.leave(counter_group(self._name), self._connection.outlet)
        if self._counted:
            self._counted = False
            leave_audience(self._name, self._connection.caller)

    async def _begin(self) -> None:
        """Read where the counter stands, and say so before the first change."""
        found: list[Standing] = []
        stream = stream_of(self._name)
        ask = partial(in_database, counter_read, name=self._name)

        async def read() -> Snapshot:
            found.append(await self._node.reads.share(stream, ask))
            return Snapshot(welcome_frame(*found[0]), {stream: found[0].version}, {})

        outlet, settings = self._connection.outlet, self._connection.settings
        groups = {stream: counter_group(self._name)}
        if not await attach(
            self._node, outlet, groups, read, self._alive, budget=settings.outlet_budget
        ):
            raise HangUp(TOO_SLOW)
        follower = self._node.follower(stream)
        if self._entered and follower is not None:
            self._count_in()
            if follower.told == found[0].version:
                note_standing(self._name, self._node.hub, found[0])

    def _count_in(self) -> None:
        """Count among those who look, after joining: the number is told to oneself too."""
        self._counted = True
        enter_audience(self._name, self._connection.caller)

    def _alive(self) -> bool:
        return self._entered

    async def _be_first(self, entry: Entry, payload: str | bytes) -> None:
        """Ask whether a change may be the counter's first before it is stored."""
        connection = self._connection
        allowed = connection.settings.counter_begin
        await check_beginning(entry.stream, connection.caller, connection.address, allowed)
        self._begun = True
        self._store(entry, payload)

    def _store(self, entry: Entry, payload: str | bytes) -> None:
        connection, hub, request_id = self._connection, self._node.hub, entry.request_id or None
        answer = partial(tell_outcome, connection, hub, request_id, payload)
        append_soon(entry, answer, hub, connection.sender)

    def _has_begun(self) -> bool:
        """Whether it was changed ever, or this connection may make the first change."""
        if not self._begun:
            follower = self._node.follower(stream_of(self._name))
            self._begun = self._name == GLOBAL or (follower is not None and bool(follower.told))
        return self._begun
