"""What happens in one run: all of it follows from this, so a smaller plan is a smaller run.

Each part of the world has a chance of its own, named after it: to leave one out changes no other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

Kind = Literal[
    "stop",  # a process stands still, as under SIGSTOP
    "busy",  # each turn of its loops takes long
    "crash",  # it dies; another takes its place
    "cut",  # it does not reach the table
    "slow",  # its table takes long
    "flaky",  # some of its questions and commits fail, before or after they were done
    "deaf",  # its bus brings and takes nothing
    "prune",  # the table forgets the oldest of each stream
    "restore",  # the table loses the newest of each stream
    "reload",  # all clients of a process come anew at once
]
#: Faults of one process, which last; the others strike all at a moment.
LASTING: tuple[Kind, ...] = ("stop", "busy", "cut", "slow", "flaky", "deaf")
MOMENTS: tuple[Kind, ...] = ("crash", "prune", "restore", "restore", "reload")


#: Seconds by which some restores come later than other faults.
QUIET = 3.0
#: Seconds to a table in calm weather: a bell is never far behind what the table shows.
CALM = 0.001


@dataclass(frozen=True)
class Fault:
    """`process` is an index; None means all of them."""

    kind: Kind
    start: float
    seconds: float = 0.0
    process: int | None = None

    @property
    def end(self) -> float:
        return self.start + self.seconds


@dataclass(frozen=True)
class Plan:
    """One run. Times are seconds, rates events a second, the rest are shares of one."""

    seed: int
    seconds: float = 15.0
    processes: int = 1
    hubs: int = 1
    streams: int = 1
    clients: int = 6
    #: Messages that clients send; messages that a process without a bus stores.
    rate: float = 10.0
    foreign: float = 0.0
    #: Whether each process has Channels consumers in all groups.
    channels: bool = False
    #: Whether the table's watch tells processes of foreign commits.
    watch: bool = False
    #: The bus between processes, and the way from a process to itself.
    loss: float = 0.0
    repeat: float = 0.0
    late: float = 0.002
    own_loss: float = 0.0
    #: The table: seconds there and back, and the rows that it gives at once.
    latency: float = 0.002
    page: int = 500
    #: Seconds that a turn of a loop takes at most.
    lag: float = 0.0
    faults: tuple[Fault, ...] = field(default=())

    @property
    def calm(self) -> bool:
        """Whether nothing goes wrong: then nobody needs the table but those who come."""
        trouble = self.faults or self.loss or self.own_loss or self.foreign or self.lag
        return not trouble and self.latency <= CALM

    def chance(self, *names: object) -> Random:
        """The chance of a part of the world."""
        return Random("/".join(map(str, (self.seed, *names))))


def make_plan(seed: int) -> Plan:
    """The plan of a seed."""
    random = Random(f"plan {seed}")
    processes = random.choice((1, 1, 2, 3, 4))
    hubs = random.choice((1, 1, 1, 2))
    seconds = random.choice((8.0, 12.0, 16.0))
    plan = Plan(
        seed=seed,
        seconds=seconds,
        processes=processes,
        hubs=hubs,
        streams=random.choice((1, 2, 3)),
        clients=random.choice((4, 8, 12)),
        channels=random.random() < 0.3,
        rate=random.choice((4.0, 10.0, 25.0)),
        late=random.choice((0.002, 0.01)),
        latency=random.choice((CALM, 0.004, 0.02)),
    )
    return replace(plan, latency=CALM) if random.random() < 0.1 else trouble(plan, random)


def trouble(plan: Plan, random: Random) -> Plan:
    """The same with all that may go wrong."""
    number = random.choice((0, 1, 2, 3, 5))
    faults = tuple(make_fault(plan, random) for _ in range(number))
    return replace(
        plan,
        foreign=random.choice((0.0, 2.0, 5.0)),
        watch=random.random() < 0.5,
        loss=random.choice((0.0, 0.05, 0.2, 0.5)),
        repeat=random.choice((0.0, 0.05, 0.2)),
        late=random.choice((0.002, 0.02, 0.1, 0.5)),
        own_loss=random.choice((0.0, 0.0, 0.0, 0.2)),
        page=random.choice((3, 20, 500)),
        lag=random.choice((0.0, 0.0, 0.002, 0.02)),
        faults=tuple(sorted(faults, key=lambda fault: fault.start)),
    )


def make_fault(plan: Plan, random: Random) -> Fault:
    """A fault somewhere in the run."""
    start = round(random.uniform(0.2, plan.seconds), 2)
    if random.random() < 0.6:
        kind = random.choice(LASTING)
        seconds = round(random.choice((0.1, 0.5, 2.0, 4.0)) * random.uniform(0.5, 1.0), 2)
        whole = kind not in {"stop", "busy"} and random.random() < 0.4
        return Fault(kind, start, seconds, None if whole else random.randrange(plan.processes))
    kind = random.choice(MOMENTS)
    if kind == "restore":
        # Some when nobody says anything any more, so that no event shows what was lost.
        start += random.choice((0.0, 0.0, QUIET))
    return Fault(kind, start, 0.0, random.randrange(plan.processes))
