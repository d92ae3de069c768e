"""The way of one process to the table and back: it takes time, and may fail at either end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from django.db import OperationalError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from random import Random

    from hubbub.journal.entry import Row
    from hubbub.journal.read import Extent
    from tests.simulation.clock import Clock, VirtualLoop
    from tests.simulation.database import Database
    from tests.simulation.plan import Plan

T = TypeVar("T")

#: Seconds after which a question to a table that is not reached fails.
REFUSED = 0.05
#: How many times longer a slow table takes, and how many of a flaky one's questions fail.
SLOW = 50.0
#: Seconds that a travel takes at most; restores wait for it.
LONGEST = 1.0
FLAKY = 0.3


class Way:
    """Between one process and the database; on the world's loop, for it goes on without us."""

    def __init__(self, plan: Plan, random: Random, world: VirtualLoop) -> None:
        self._latency = plan.latency
        self._random = random
        self._world = world
        #: Faults that last at the moment, of each kind how many.
        self.cut = self.slow = self.flaky = 0

    def travel(self) -> float:
        """Seconds there, or back."""
        seconds = self._random.expovariate(1 / self._latency)
        return min(seconds * SLOW if self.slow else seconds, LONGEST)

    def fails(self) -> bool:
        return bool(self.cut) or (self.flaky > 0 and self._random.random() < FLAKY)

    def ask(self, question: Callable[[], T], answer: Callable[[T | Exception], None]) -> None:
        """Ask, and have `answer` called with what came of it, on the world's loop."""
        if self.fails():
            self._world.call_later(REFUSED, answer, OperationalError("away"))
        else:
            self._world.call_later(self.travel(), self._arrive, question, answer)

    def _arrive(self, question: Callable[[], T], answer: Callable[[T | Exception], None]) -> None:
        result: T | Exception
        try:
            result = question()
        except OperationalError as error:
            result = error
        if self.fails():
            result = OperationalError("the answer was lost")
        self._world.call_later(self.travel(), answer, result)


class WaySource:
    """See `hubbub.journal.source.Source`: the database at the other end of a way."""

    def __init__(self, database: Database, way: Way, clock: Clock, page: int) -> None:
        self._database = database
        self._way = way
        self._clock = clock
        self._page = page
        #: Questions for events: where nothing is lost nobody has any.
        self.reads = 0

    async def extents(self, streams: Collection[str]) -> dict[str, Extent]:
        """Where streams stand."""
        return await self._ask(lambda: self._database.extents(tuple(streams)))

    async def place(self, stream: str) -> tuple[Extent, str]:
        """Where one stands, and its last event's name, for a member's opening."""
        database = self._database
        return await self._ask(lambda: (database.extent(stream), database.last_name(stream)))

    async def read(self, stream: str, after: int, upto: int) -> list[Row]:
        """Events."""
        self.reads += 1
        return await self.page(stream, after, upto)

    async def renumber(self, lost: Mapping[str, str]) -> str:
        """A new epoch for streams that have lost their end."""
        return await self._ask(lambda: self._database.renumber(lost, self._clock.now))

    async def page(self, stream: str, after: int, upto: int) -> list[Row]:
        """Events, for a member's opening."""
        return await self._ask(lambda: self._database.read(stream, after, upto, self._page))

    async def _ask(self, question: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def finish(result: T | Exception) -> None:
            if future.done():
                return
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)

        def answer(result: T | Exception) -> None:
            with suppress(RuntimeError):  # the process died meanwhile
                loop.call_soon_threadsafe(finish, result)

        self._way.ask(question, answer)
        return await future
