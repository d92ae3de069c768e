"""A process: hubs and followers on loops of their own, a writer's thread, a way to the table."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty
from typing import TYPE_CHECKING

from hubbub.fanout.hub import Hub
from hubbub.journal import commit as commits
from hubbub.journal import writer as writing
from hubbub.journal.followers import Followers
from hubbub.journal.process import event_of
from hubbub.journal.relay import tell_channels
from hubbub.journal.writer import Writer
from tests.simulation.source import Way, WaySource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.bus.base import Event
    from hubbub.journal.entry import Outcome, Stored
    from tests.simulation.clock import VirtualLoop
    from tests.simulation.world import World


class Process:
    """One incarnation; after a crash another is made in its place."""

    def __init__(self, world: World, index: int, incarnation: int) -> None:
        self.world = world
        self.name = f"p{index}" + "'" * incarnation
        self.index = index
        plan, chance = world.plan, world.plan.chance("process", index, incarnation)
        self.way = Way(plan, chance, world.loop)
        self.source = WaySource(world.database, self.way, world.clock, plan.page)
        self.deaf = 0
        self.born = world.clock.now
        self.relayed: list[str] = []
        self.loops: list[VirtualLoop] = []
        self.followers = [self._new_followers(number) for number in range(plan.hubs)]
        self.relay = self._new_relay() if plan.channels else None
        self.thread = self._new_loop("writer")
        self.writer = VirtualWriter(self)
        self.busy(plan.lag)

    def _new_loop(self, name: str) -> VirtualLoop:
        loop = self.world.clock.loop(f"{self.name}/{name}")
        self.loops.append(loop)
        return loop

    def _new_followers(self, number: int) -> Followers:
        loop = self._new_loop(f"hub{number}")
        loop.followers = Followers(Hub(loop), self.source)
        return loop.followers

    def _new_relay(self) -> Followers:
        """As `hubbub.journal.relay`, for channels in all groups from the beginning."""
        loop = self._new_loop("relay")
        loop.relayed = self.relayed
        followers = Followers(Hub(loop), self.source, tell_channels)
        for stream in self.world.streams:
            loop.call_soon(followers.enter, stream)
        return followers

    def hear(self, events: Sequence[Event]) -> None:
        """What the bus brings."""
        for followers in self.all_followers():
            followers.ring(events)

    def wake(self) -> None:
        """What the watch says."""
        for followers in self.all_followers():
            followers.wake()

    def all_followers(self) -> list[Followers]:
        """Those of the hubs, and the relay's."""
        return self.followers if self.relay is None else [*self.followers, self.relay]

    def ring(self, stored: Sequence[Stored]) -> None:
        """As `hubbub.journal.process.ring`."""
        if stored:
            self.world.network.ring(self, [event_of(one) for one in stored])

    def stop(self, until: float) -> None:
        """Stand still."""
        for loop in self.loops:
            loop.held_until = max(loop.held_until, until)

    def busy(self, lag: float) -> None:
        """Have each turn take up to `lag` seconds."""
        chance = self.world.plan.chance("lag", self.name)
        for loop in self.loops:
            loop.lag = (lambda: chance.uniform(0, lag)) if lag else None

    def die(self) -> None:
        """Do nothing more, not even what was begun."""
        for loop in self.loops:
            self.world.clock.forget(loop)


class VirtualWriter(Writer):
    """The real writer, but for its thread, which is a loop here, and its transaction."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.ring)
        self._process = process
        self._busy = False

    def start(self) -> None:
        """Called with whatever is handed over."""
        self._process.thread.call_soon_threadsafe(self._work)

    def _work(self) -> None:
        given: list[writing.Waiting] = []
        with suppress(Empty):
            while not self._busy:
                given += self._queue.get_nowait() or []
        batch = [] if self._busy else self._draw(given)
        if batch:
            self._busy = True
            entries = [waiting.entry for waiting in batch]
            world = self._process.world

            def store() -> list[Outcome]:
                return world.database.commit(entries, world.clock.now)

            def answer(result: list[Outcome] | Exception) -> None:
                if not self._process.thread.is_closed():
                    self._process.thread.call_soon_threadsafe(self._finish, batch, result)

            self._process.way.ask(store, answer)

    def _finish(self, batch: list[writing.Waiting], result: list[Outcome] | Exception) -> None:
        """Ring and answer as the real writer does after a commit, or after a failed one."""

        def commit_once(entries: object, *, look: bool) -> list[Outcome]:
            if isinstance(result, Exception):
                raise result
            return result

        really = commits.commit_once, writing.close_tuned
        commits.commit_once, writing.close_tuned = commit_once, lambda _: None
        try:
            self._commit(batch)
        finally:
            commits.commit_once, writing.close_tuned = really
        self._busy = False
        self._work()
