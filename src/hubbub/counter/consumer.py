"""One connection to a counter."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.json import Decoder

from hubbub.counter.audience import crowds, find_standing, note_standing
from hubbub.counter.kind import counters
from hubbub.counter.messages import GLOBAL, Change, Standing, Welcome, welcome_frame
from hubbub.counter.selectors import counter_read
from hubbub.counter.services import change_entry
from hubbub.crossing import in_database
from hubbub.streams.consumer import Consumer
from hubbub.streams.opening import Snapshot
from hubbub.streams.standing import position_of

if TYPE_CHECKING:
    from hubbub.streams.consumer import Client
    from hubbub.streams.publishing import Entry


class CounterConsumer(Consumer):
    """What a client asks of a counter."""

    __slots__ = ("_counted",)
    first = Decoder(Welcome)

    def __init__(self, connection: Client, name: str) -> None:
        super().__init__(counters, connection, name)
        self._counted = False

    def do(self, change: Change, payload: str | bytes) -> None:  # type: ignore[override]  # it asks nothing else
        """Make a change whose turn it is."""
        entry = change_entry(
            name=self._name,
            action=change.action,
            value=change.value,
            user_id=self.caller.user_id,
            request_id=change.id or "",
        )
        if change.id is not None:
            self._connection.extend()
        if self._begun or self._has_begun():
            self._store(entry, payload)
        else:
            self._turns.wait_for(self._change_first(entry, payload), payload)

    def _begin(self) -> None:
        """Say where the counter stands, then join."""
        here, standing = (
            self._followers.find(self._stream),
            find_standing(self._name, self._followers.hub),
        )
        if standing is not None and here is not None and standing.version == here.told:
            self._connection.send(welcome_frame(*standing))
            self._join()
        else:
            self._turns.begin(self._read_standing())

    def standing(self) -> dict[str, object]:
        """Its position, and its value where that is known here."""
        position, here = position_of(self._stream), find_standing(self._name, self._followers.hub)
        known = here is not None and here.version == position.get("seq")
        return position | {"counter": here.counter} if here and known else position

    async def _read_standing(self) -> None:
        """Read where the counter stands, and say so before the first change."""
        found: list[Standing] = []
        ask = partial(in_database, counter_read, name=self._name)

        async def read() -> Snapshot:
            found.append(await self._followers.reads.share(self._stream, ask))
            return Snapshot(welcome_frame(*found[0]), {self._stream: found[0].version}, {})

        await self._attach(read)
        follower = self._followers.find(self._stream)
        if self._entered and follower is not None and follower.told == found[0].version:
            note_standing(self._name, self._followers.hub, found[0])

    def _joined(self) -> None:
        """Count among those who look, after joining: the number is told to oneself too."""
        self._counted = True
        crowds.enter(self._name, self.caller.user_id, self.caller.username)

    def _part(self) -> None:
        super()._part()
        if self._counted:
            self._counted = False
            crowds.leave(self._name, self.caller.user_id, self.caller.username)

    async def _change_first(self, entry: Entry, payload: str | bytes) -> None:
        await self._be_first()
        self._store(entry, payload)

    def _has_begun(self) -> bool:
        return self._name == GLOBAL or super()._has_begun()
