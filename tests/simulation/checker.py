"""What was promised to every member, held against the ledger.

From its floor on, which is the table at the moment of the handshake's answer, or the place that it
came back with, a member gets every event of its stream in order, once, and soon; or it is closed
with a code that says: come back. An event knows the name of the one before it, so a gap, a repeat
and an event of a lost numbering all show as a wrong neighbour.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from hubbub.journal.followers import CHECK, GRACE, MOST_REST
from hubbub.journal.search import SETTLE, Search
from hubbub.wire.closes import INTERNAL_ERROR, NORMAL, TOO_SLOW, TRY_LATER
from tests.simulation.visit import GONE, Event, Opened

if TYPE_CHECKING:
    from tests.simulation.database import Committed
    from tests.simulation.plan import Plan
    from tests.simulation.process import Process
    from tests.simulation.visit import Visit
    from tests.simulation.world import World

#: Codes after which a client comes back; what ends a visit otherwise is a fault.
COMES_BACK = {NORMAL.code, GONE, 1012, TRY_LATER.code, TOO_SLOW.code, 503}
#: Travels of a question that a promise of time has to wait for, each at its longest.
TRAVELS = 8 * 10


#: The parts of what is looked through for leftovers, and what may hold others in it.
MADE_OF = (Search,)
HOLDERS = (dict, set, list, tuple, deque)
#: In calm weather not one of so many events may be read by a process: the grace is long enough.
FEW = 30
#: But so many may be, of however few: a bell may come when a wait for another one ends.
SEVERAL = 4


class Violation(NamedTuple):
    """A broken promise: of what kind, to whom, and when it showed."""

    kind: str
    who: str
    stream: str
    at: float
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.who} {self.stream} at {self.at:.4f}: {self.text}"


class Checker:
    """Looks at a world twice: in the quiet at its end, and after everybody has left."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._plan: Plan = world.plan
        self._ledger = world.database.ledger
        self._lost = world.database.lost
        self._by_stream: dict[str, list[Committed]] = {stream: [] for stream in world.streams}
        for one in self._ledger.values():
            self._by_stream[one.stream].append(one)
        self.found: list[Violation] = []

    def check_promises(self) -> list[Violation]:
        """In the quiet: all that concerns members."""
        for client in self._world.clients:
            for visit in client.visits:
                self._check_visit(visit)
            for name, (stream, seq) in client.acked.items():
                self._check_ack(client.name, stream, seq, name)
        for process in self._world.network.processes:
            self._check_process(process)
        return self.found

    def check_leftovers(self) -> list[Violation]:
        """After the end: nothing is kept of those who have left."""
        for process in self._world.network.processes:
            for loop in process.loops:
                for what in loop.raised:
                    self._say("raised", loop.name, "", what)
            for followers in process.followers:
                for what in (*leftovers(followers), *leftovers(followers.hub)):
                    self._say("leftover", process.name, "", what)
            for what in leftovers(process.writer):
                self._say("leftover", process.name, "", what)
        return self.found

    def _say(self, kind: str, who: str, stream: str, text: str, at: float | None = None) -> None:
        at = self._world.clock.now if at is None else at
        self.found.append(Violation(kind, who, stream, at, text))

    # Members.

    def _check_visit(self, visit: Visit) -> None:
        if visit.failed:
            self._say("raised", visit.name, "", visit.failed)
        breaks = visit.breaks and visit.code == INTERNAL_ERROR.code
        if visit.code is not None and visit.code not in COMES_BACK and not breaks:
            self._say("code", visit.name, "", f"ended with {visit.code}", visit.ended)
        if self._plan.calm and visit.code == TRY_LATER.code:
            self._say("sent away", visit.name, "", f"{visit.code} in calm weather", visit.ended)
        if visit.accepted is None:
            return
        for stream in visit.streams:
            last = self._check_order(visit, stream)
            self._check_time(visit, stream)
            if visit.code is None and visit.stays:
                self._check_end(visit, stream, last)

    def _check_order(self, visit: Visit, stream: str) -> tuple[int, str] | None:
        """Compare each event with the one before it; returns the last, None if nothing is known."""
        floor = visit.floor[stream]
        last, exact = floor, False
        if visit.since is not None:
            last = None
        for one in visit.got[stream]:
            if isinstance(one, Opened):
                last, exact = self._open(visit, one), True
            elif last is None:
                self._say("early", visit.name, stream, f"{one.name} before the snapshot", one.at)
            elif exact or one.seq > floor[0]:
                self._compare(visit, one, last)
                last, exact = one[2:], True
            else:  # from before the handshake's answer: that is allowed
                last, exact = one[2:], True
        return last

    def _open(self, visit: Visit, opened: Opened) -> tuple[int, str]:
        if opened.recovered:
            known = (visit.since or {})[opened.stream]
            return known.seq, known.name
        seq, name = visit.floor[opened.stream]
        if opened.seq < seq and name not in self._lost:
            text = f"the snapshot goes up to {opened.seq}, the table had {seq} at the accept"
            self._say("old snapshot", visit.name, opened.stream, text, opened.at)
        return opened.seq, opened.name

    def _compare(self, visit: Visit, one: Event, last: tuple[int, str]) -> None:
        truth = self._ledger[one.name]
        if (truth.stream, truth.seq) != (one.stream, one.seq):
            self._say("wrong", visit.name, one.stream, f"{one.name} is not {one.seq}", one.at)
        elif truth.before != last[1] and not self._is_made_good(visit, one, last[1]):
            kind = "repeat" if one.seq <= last[0] else "hole" if one.seq > last[0] + 1 else "mixed"
            text = f"{one.seq} {one.name} came after {last[0]} {last[1]}"
            self._say(kind, visit.name, one.stream, text, one.at)

    def _is_made_good(self, visit: Visit, one: Event, last: str) -> bool:
        """Whether it comes of what the table lost, and the visit was over soon after that."""
        lost = one.name in self._lost or last in self._lost
        ended = inf if visit.ended is None else visit.ended
        return lost and ended <= self._deadline(one.at, visit.process)

    def _check_end(self, visit: Visit, stream: str, last: tuple[int, str] | None) -> None:
        newest = self._world.database.last_name(stream)
        if last is None:
            self._say("no snapshot", visit.name, stream, "nothing came first")
        elif last[1] in self._lost and not visit.got[stream]:
            pass  # its floor was lost before anybody was told of it: it has missed nothing
        elif last[1] != newest:
            self._say("not the last", visit.name, stream, f"has {last}, the last is {newest}")

    # Time.

    def _check_time(self, visit: Visit, stream: str) -> None:
        assert visit.accepted is not None
        got = {one.name: one.at for one in visit.got[stream]}
        through = max((one.seq for one in visit.got[stream] if isinstance(one, Opened)), default=0)
        ended = self._world.clock.now if visit.ended is None else visit.ended
        events = self._by_stream[stream]
        for truth in events[bisect_right(events, visit.accepted, key=lambda one: one.at) :]:
            if truth.seq <= through and truth.name not in got:
                continue
            deadline = self._deadline(truth.at, visit.process)
            if got.get(truth.name, ended) <= deadline:
                continue
            if self._lost.get(truth.name, deadline + 1) > deadline:
                text = f"{truth.seq} {truth.name} of {truth.at:.4f} was due at {deadline:.4f}"
                at = got.get(truth.name)
                self._say("never" if at is None else "late", visit.name, stream, text, at)

    def _deadline(self, at: float, process: Process) -> float:
        """When an event of `at` has to be there: later, if there was trouble before that."""
        bound = self._bound()
        deadline = at + bound
        moved = True
        while moved:
            moved = False
            for start, end, whose in self._world.faults.trouble:
                mine = whose is None or whose == process.index
                if mine and start <= deadline and end >= at and end + bound > deadline:
                    deadline, moved = end + bound, True
        return deadline

    def _bound(self) -> float:
        plan = self._plan
        travels = TRAVELS * (plan.latency + plan.lag)
        if plan.calm:
            return GRACE + travels
        return CHECK + MOST_REST + SETTLE + GRACE + travels

    # Acks and processes.

    def _check_ack(self, who: str, stream: str, seq: int, name: str) -> None:
        found = [
            self._ledger[one] for one in (name, name + "'", name + "''") if one in self._ledger
        ]
        if not any((one.stream, one.seq) == (stream, seq) for one in found):
            self._say("false ack", who, stream, f"{name} was acked as {seq}")

    def _check_process(self, process: Process) -> None:
        reads = process.source.reads
        if self._plan.calm and reads > SEVERAL and reads * FEW > len(self._ledger):
            self._say("read", process.name, "", f"{reads} reads of {len(self._ledger)} events")
        if not any(fault.kind in {"restore", "prune"} for fault in self._plan.faults):
            self._check_relay(process)

    def _check_relay(self, process: Process) -> None:
        """Channels consumers hear each event once too; nobody can tell them to come back."""
        last: dict[str, Committed] = {}
        for name in process.relayed:
            truth = self._ledger[name]
            before = last.get(truth.stream)
            if before is not None and truth.before != before.name:
                text = f"{truth.seq} was relayed after {before.seq}"
                self._say("relay", process.name, truth.stream, text)
            last[truth.stream] = truth
        known_by = self._deadline(process.born, process)
        for stream in self._world.streams if process.relay is not None else ():
            newest = self._ledger.get(self._world.database.last_name(stream))
            if newest is not None and newest.at > known_by and last.get(stream) != newest:
                self._say("relay", process.name, stream, f"{newest.name} was not relayed")


#: What is to be nothing or nobody when all have left; of all else that it holds nothing.
AT_REST = {"_timer", "_task", "_wait", "_expected"}


def leftovers(thing: object) -> list[str]:
    """What a thing, or another of ours that it is made of, still holds, whatever it is called."""
    names = getattr(thing, "__slots__", None) or vars(thing)
    found = []
    for name, value in [(name, getattr(thing, name, None)) for name in names]:
        if isinstance(value, MADE_OF):
            found += leftovers(value)
        elif bool(value) if name in AT_REST else isinstance(value, HOLDERS) and len(value) > 0:
            found.append(f"{type(thing).__name__}.{name} is {value!r:.200}")
    return found
