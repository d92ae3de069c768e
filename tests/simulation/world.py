"""The whole of one run: what there is, what befalls it, and how it ends."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from hubbub.fanout import hub as hubs
from hubbub.journal.entry import Entry
from hubbub.sockets import door as doors
from tests.simulation.bus import Network
from tests.simulation.client import Client
from tests.simulation.clock import Clock
from tests.simulation.database import Database
from tests.simulation.faults import Faults
from tests.simulation.history import History
from tests.simulation.process import Process
from tests.simulation.table import KIND, sim_table

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from hubbub.journal.followers import Followers
    from tests.simulation.plan import Plan

#: Seconds of quiet at the end: one check of the table and all that may come before and after it.
QUIET = 12.0
#: Seconds after which nothing may be left of those who were here.
AFTER = 8.0
#: Deliveries that are many: a room of thousands is as one of a few here.
MANY = 3


class World:
    """A database, a bus, processes and clients, in a time of their own."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.history = History()
        self.clock = Clock(plan.chance("loops"))
        #: For all that is outside of the processes.
        self.loop = self.clock.loop("world")
        self.database = Database(self.history)
        self.network = Network(plan, self.loop)
        self.streams = [f"{KIND}:{number}" for number in range(plan.streams)]
        self.network.processes = [Process(self, index, 0) for index in range(plan.processes)]
        self.faults = Faults(self)
        self.clients = [Client(self, number) for number in range(plan.clients)]
        self._chance = plan.chance("world")
        self._tasks: list[asyncio.Task[None]] = []

    def run(self) -> None:
        """The run, the quiet after it, and the end of all visits."""
        with at_work():
            for client in self.clients:
                self.start(client.live())
                self.start(client.speak())
            if self.plan.foreign:
                self.start(self._store_elsewhere())
            for fault in self.plan.faults:
                self.loop.call_later(fault.start, self.faults.strike, fault)
            self.clock.run(self.plan.seconds)
            for _ in range(20):
                self.clock.run(self.clock.now + QUIET)
                if all(fault.end + QUIET <= self.clock.now for fault in self.plan.faults):
                    break

    def leave(self) -> None:
        """Everybody goes."""
        with at_work():
            for task in self._tasks:
                task.cancel()
            for client in self.clients:
                for visit in client.visits[-1:]:
                    visit.leave()
            self.clock.run(self.clock.now + AFTER)

    def close(self) -> None:
        self.clock.close()

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Begin something that goes on until everybody leaves."""
        self._tasks.append(self.loop.create_task(work))

    async def _store_elsewhere(self) -> None:
        """A process without a bus stores; the table's watch may tell of it."""
        number = 0
        while True:
            await asyncio.sleep(self._chance.expovariate(self.plan.foreign))
            if self.clock.now > self.plan.seconds:
                continue
            number += 1
            stream = self._chance.choice(self.streams)
            self.database.commit(
                [Entry(sim_table, stream, f"x-{number}", "x", f"{number}")], self.clock.now
            )
            if self.plan.watch:
                self.loop.call_later(self._chance.uniform(0, 0.25), self._wake)

    def _wake(self) -> None:
        for process in self.network.processes:
            process.wake()


@contextmanager
def at_work() -> Iterator[None]:
    """The code as the simulation wants it: silent, and with a few members for many."""
    logger = logging.getLogger("hubbub")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with (
            mock.patch.object(hubs, "MANY", MANY),
            mock.patch.object(doors, "local_followers", followers_here),
        ):
            yield
    finally:
        logger.setLevel(level)


def followers_here() -> Followers:
    """Those of the loop that runs, as `hubbub.journal.process.local_followers`."""
    loop: Any = asyncio.get_running_loop()
    followers: Followers = loop.followers
    return followers
