"""A client: it comes, stays, speaks, goes, and comes back with the place that it knows."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from hubbub.journal.append import append_soon
from hubbub.journal.entry import Entry, Stored
from hubbub.journal.line import Sender
from tests.simulation.table import sim_table
from tests.simulation.visit import Event, Visit

if TYPE_CHECKING:
    from hubbub.journal.entry import Outcome
    from tests.simulation.world import World


class Known(NamedTuple):
    """What a client knows of a stream: the numbering, the last seq, and that event's name."""

    epoch: str
    seq: int
    name: str


class Client:
    """One of the crowd; it lives on the world's loop. Half of them join plainly, as version 1."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.number = number
        self.name = f"c{number}"
        self.chance = world.plan.chance("client", number)
        self.visits: list[Visit] = []
        self.acked: dict[str, tuple[str, int]] = {}
        self._plain = number % 2 == 0
        self._known: dict[str, Known] = {}
        self._sent = 0
        #: What was sent and neither acked nor given up: name to stream.
        self._open: dict[str, str] = {}

    async def live(self) -> None:
        """Visit until the end of the run."""
        await asyncio.sleep(self.chance.uniform(0, 2.0))
        while True:
            visit = self._dial()
            await self._stay(visit)
            visit.leave()
            self._remember(visit)
            await asyncio.sleep(0.01 + self.chance.expovariate(2.0))

    async def speak(self) -> None:
        """Send messages, by the socket or past it."""
        plan = self.world.plan
        while True:
            await asyncio.sleep(self.chance.expovariate(plan.rate / plan.clients))
            if self.world.clock.now > plan.seconds:
                return
            for _ in range(self.chance.choice((1, 1, 1, 3))):
                self._say()

    def _dial(self) -> Visit:
        chance = self.chance
        process = chance.choice(self.world.network.processes)
        streams = self.world.streams
        wanted = tuple(chance.sample(streams, min(len(streams), chance.choice((1, 1, 2)))))
        name = f"{self.name}.{len(self.visits)}"
        since = None if self._plain else {s: self._known[s] for s in wanted if self._trusts(s)}
        visit = Visit(self, name, process, chance.choice(process.followers), wanted, since)
        if chance.random() < 0.1:
            visit.patience = chance.randint(1, 20)
            visit.breaks = chance.random() < 0.3
        if chance.random() < 0.1:
            visit.budget = 100
        self.visits.append(visit)
        visit.open()
        return visit

    def _trusts(self, stream: str) -> bool:
        """Whether a place is known that a table can tell from a false one.

        One whose event was lost, in a stream that nobody saw shrink, looks like any other.
        """
        known = self._known.get(stream)
        if known is None or known.name not in self.world.database.lost:
            return known is not None
        return self.world.database.extent(stream).epoch != known.epoch

    async def _stay(self, visit: Visit) -> None:
        seconds = self.chance.choice((0.004, 0.02, 0.5, 4.0, 20.0))
        visit.stays = self.world.clock.now + seconds >= self.world.plan.seconds
        try:
            async with asyncio.timeout(None if visit.stays else seconds):
                await visit.over.wait()
        except TimeoutError:
            return

    def _remember(self, visit: Visit) -> None:
        for stream, got in visit.got.items():
            for one in got:
                if not isinstance(one, Event):
                    self._known[stream] = Known(one.epoch, one.seq, one.name)
                    if one.recovered:  # what is missed comes now
                        self._known[stream] = (visit.since or {})[stream]._replace(epoch=one.epoch)
                elif stream in self._known:
                    self._known[stream] = self._known[stream]._replace(seq=one.seq, name=one.name)

    def accepted(self, visit: Visit) -> None:
        """The socket is open: what is said now, by whatever way, must be heard on it."""
        if self.chance.random() < 0.3 and self.world.clock.now < self.world.plan.seconds:
            self.world.loop.call_later(self.chance.expovariate(50), self._say, visit)

    def _say(self, visit: Visit | None = None) -> None:
        """Send something new, or again what nobody acked."""
        chance = self.chance
        if self._open and chance.random() < 0.3:
            name, stream = chance.choice(sorted(self._open.items()))
        else:
            self._sent += 1
            name = f"{self.name}-{self._sent}"
            stream = chance.choice(visit.streams if visit else self.world.streams)
        self._open[name] = stream
        here = self.visits[-1] if self.visits else None
        if here is not None and here.accepted is not None and chance.random() < 0.6:
            here.send({"id": name, "stream": stream})
            if chance.random() < 0.02:
                here.leave()
        else:
            self._post(name, stream)

    def _post(self, name: str, stream: str) -> None:
        """As over HTTP: at any process."""
        process = self.chance.choice(self.world.network.processes)
        hub = process.followers[0].hub

        def answer(outcome: Outcome) -> None:
            if isinstance(outcome, Stored):
                self._ack(name, outcome.seq)

        entry = Entry(sim_table, stream, name, "", name)
        post = partial(append_soon, entry, answer, hub, Sender(), by=process.writer)
        hub.loop.call_soon_threadsafe(post)

    def answered(self, frame: dict[str, Any]) -> None:
        """An ack, or an error: then it may be sent again."""
        if frame["type"] == "ack":
            self._ack(frame["id"], frame["seq"])

    def _ack(self, name: str, seq: int) -> None:
        stream = self._open.pop(name, None)
        if stream is not None:
            self.acked[name] = (stream, seq)
            self.world.history.note(self.world.clock.now, self.name, "acked", stream, seq, name)
