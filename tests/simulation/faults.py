"""What goes wrong in a world, and when promises of time do not hold because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.wire.closes import restarting
from tests.simulation.process import Process

if TYPE_CHECKING:
    from tests.simulation.plan import Fault
    from tests.simulation.world import World

#: A busy process takes so many seconds a turn.
BUSY = 0.1


class Faults:
    """Begins and ends them; each kind has a method of its name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._clock = world.clock
        self._database = world.database
        self._chance = world.plan.chance("faults")
        self._crashes = 0
        #: From when to when, and of which process; None means all of them.
        self.trouble: list[tuple[float, float, int | None]] = []

    def strike(self, fault: Fault) -> None:
        """Begin a fault."""
        who = "all" if fault.process is None else self._process(fault.process).name
        self._world.history.note(self._clock.now, who, fault.kind, fault.seconds)
        self.trouble.append((fault.start, fault.end, fault.process))
        getattr(self, f"_{fault.kind}")(fault)

    def _process(self, index: int | None) -> Process:
        return self._world.network.processes[index or 0]

    def _hit(self, fault: Fault) -> list[Process]:
        everyone = self._world.network.processes
        return everyone if fault.process is None else [everyone[fault.process]]

    def _stop(self, fault: Fault) -> None:
        for process in self._hit(fault):
            process.stop(fault.end)

    def _busy(self, fault: Fault) -> None:
        for process in self._hit(fault):
            process.busy(BUSY)
        self._world.loop.call_at(fault.end, self._rest, fault)

    def _rest(self, fault: Fault) -> None:
        for process in self._hit(fault):
            process.busy(self._world.plan.lag)

    def _cut(self, fault: Fault) -> None:
        self._count(fault, 1)
        self._world.loop.call_at(fault.end, self._count, fault, -1)

    _slow = _flaky = _deaf = _cut

    def _count(self, fault: Fault, step: int) -> None:
        for process in self._hit(fault):
            if fault.kind == "deaf":
                process.deaf += step
            else:
                setattr(process.way, fault.kind, getattr(process.way, fault.kind) + step)

    def _crash(self, fault: Fault) -> None:
        (old,) = self._hit(fault)
        self._crashes += 1
        new = Process(self._world, old.index, self._crashes)
        new.way.cut, new.way.slow, new.way.flaky = old.way.cut, old.way.slow, old.way.flaky
        new.deaf = old.deaf
        self._world.network.processes[old.index] = new
        old.die()
        for client in self._world.clients:
            for visit in client.visits[-1:]:
                if visit.process is old:
                    visit.crash()

    def _reload(self, fault: Fault) -> None:
        (process,) = self._hit(fault)
        for client in self._world.clients:
            for visit in client.visits[-1:]:
                if visit.process is process:
                    visit.followers.hub.loop.call_soon_threadsafe(visit.close, restarting(100))

    def _prune(self, fault: Fault) -> None:
        for stream in self._world.streams:
            self._database.prune(stream, self._chance.choice((0, 2, 5)), self._clock.now)

    def _restore(self, fault: Fault) -> None:
        """Nobody waits for anything: whoever comes first stores under numbers that were told."""
        for stream in self._world.streams:
            self._database.restore(stream, self._chance.choice((0, 1, 4)), self._clock.now)
