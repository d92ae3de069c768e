"""The bus between processes: it loses, repeats, delays and reorders, and at times is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.journal.followers import GRACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubbub.bus.base import Event
    from tests.simulation.clock import VirtualLoop
    from tests.simulation.plan import Plan
    from tests.simulation.process import Process

#: Seconds at most until what was rung is heard the last time; restores wait for it.
LATEST = 2.5


class Network:
    """All that processes ring goes through here."""

    def __init__(self, plan: Plan, world: VirtualLoop) -> None:
        self._plan = plan
        self._random = plan.chance("bus")
        self._world = world
        self.processes: list[Process] = []

    def ring(self, sender: Process, events: Sequence[Event]) -> None:
        """Tell the sender's own loops at once, the others when it comes to that."""
        if not self._lost(self._plan.own_loss):
            sender.hear(events)
        for process in self.processes:
            if process is not sender and not sender.deaf and not process.deaf:
                self._send(process, events)

    def _send(self, process: Process, events: Sequence[Event]) -> None:
        for event in events:
            if not self._lost(self._plan.loss):
                self._send_one(process, event)
            while self._lost(self._plan.repeat):
                self._send_one(process, event)

    def _send_one(self, process: Process, event: Event) -> None:
        self._world.call_later(self._delay(), self._arrive, process, event)

    def _delay(self) -> float:
        """Mostly short and at times long; in calm weather out of order, but in time for all."""
        if self._plan.calm:
            return self._random.uniform(0, GRACE / 2)
        return min(self._random.expovariate(1 / self._plan.late), LATEST)

    def _arrive(self, process: Process, event: Event) -> None:
        if not process.deaf:
            process.hear([event])

    def _lost(self, share: float) -> bool:
        return share > 0 and self._random.random() < share
