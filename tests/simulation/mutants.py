"""The code with one fault put into it, so that the simulation can show that it would find it.

A mutant is a change of the source's text: where that text is no more, the test says so, and the
mutant is to be written anew. The function's code is exchanged in place, for all who imported it.
"""

from __future__ import annotations
import __future__

import inspect
import sys
from contextlib import ExitStack, contextmanager
from importlib import import_module
from itertools import count, islice
from textwrap import dedent
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, NamedTuple
from unittest import mock

from tests.simulation.plan import make_plan
from tests.simulation.run import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.simulation.plan import Plan

    Weather = Callable[[Plan], bool]


#: Seeds in which a fault has to show.
ENOUGH = 80


def any_weather(plan: Plan) -> bool:
    """All plans."""
    return True


def calm(plan: Plan) -> bool:
    """Those in which nothing goes wrong."""
    return plan.calm


def restored(plan: Plan) -> bool:
    """Those in which the table loses its end."""
    return any(fault.kind == "restore" for fault in plan.faults)


def pruned(plan: Plan) -> bool:
    """Those in which it loses its beginning."""
    return any(fault.kind == "prune" for fault in plan.faults)


class Change(NamedTuple):
    """`where` is a module and a function or constant in it; `old` in its source becomes `new`."""

    where: str
    old: str
    new: str


class Mutant(NamedTuple):
    """A fault, the changes that make it, and in what weather alone it can show."""

    name: str
    changes: tuple[Change, ...]
    weather: Weather = any_weather


FOLLOWER = "hubbub.journal.follower:Follower"
TIP = "hubbub.journal.follower:Tip"
FOLLOWERS = "hubbub.journal.followers:Followers"
ATTACH = "hubbub.journal.attach"
HOLD = f"{ATTACH}:Hold"
HUB = "hubbub.fanout.hub:Hub"
PARCEL = "hubbub.fanout.parcel"
DOOR = Change(
    "hubbub.sockets.door:Door._prepare",
    "await followers.settled(*streams)",
    "pass",
)
SNAPSHOT = Change(f"{ATTACH}:attach", "await followers.settled(*groups)", "pass")
ANY_MARK = Change(f"{FOLLOWER}._follow", "differ(before, self.mark)", "False")


def mutant(name: str, where: str, old: str, new: str, weather: Weather = any_weather) -> Mutant:
    """One with one change."""
    return Mutant(name, (Change(where, old, new),), weather)


MUTANTS = (
    Mutant("accepted before the place is known", (DOOR,)),
    Mutant("the snapshot before the place", (DOOR, SNAPSHOT)),
    mutant(
        "a follower repeats",
        f"{FOLLOWER}.offer",
        "elif seq == self.told and",
        "elif seq == self.told - 1: return [event]\n    elif seq == self.told and",
    ),
    Mutant(
        "a follower skips",
        (Change(f"{FOLLOWER}.offer", "seq == self.told + 1", "seq > self.told"), ANY_MARK),
    ),
    mutant("nobody checks", "hubbub.journal.followers:CHECK", "5.0", "1e6"),
    mutant("no grace", "hubbub.journal.followers:GRACE", "0.05", "0.0", calm),
    mutant("no flush at the join", f"{HUB}.release", "self.flush()", "pass"),
    mutant(
        "what is of an added type is told after all else",
        f"{PARCEL}:join_for",
        "in parcels]",
        "in sorted(parcels, key=lambda parcel: parcel[3] is not None)]",
    ),
    mutant(
        "what is of an added type gets lost among what is for all",
        f"{PARCEL}:join_for_all",
        "*_ in parcels]) if alike",
        "_, only in parcels if only is None]) if True",
    ),
    mutant("nothing is kept for those that are catching up", f"{HOLD}.keep", "append", "count"),
    Mutant(
        "a bell of any numbering counts",
        (Change(f"{FOLLOWER}.expects", 'self.epoch in ("", epoch)', "True"), ANY_MARK),
        restored,
    ),
    mutant(
        "the check takes any numbering for its own",
        f"{FOLLOWERS}._learn",
        "where.epoch != follower.epoch",
        "False",
        restored,
    ),
    mutant(
        "members stay when the numbering is lost",
        f"{FOLLOWERS}._renumber",
        "self._send_away(stream)",
        "pass",
        restored,
    ),
    mutant(
        "a table that has less than was told is believed",
        f"{TIP}.is_gone",
        "where.last_seq < self.seq",
        "False",
        restored,
    ),
    Mutant("whatever has the next number is told", (ANY_MARK,), restored),
    mutant(
        "a table that has something else where it was told from is believed",
        f"{TIP}.is_denied",
        "differ(found, self.mark)",
        "False",
        restored,
    ),
    mutant(
        "a look that was made for others counts",
        f"{FOLLOWERS}._look",
        "self._followers.get(stream) is not follower",
        "False",
    ),
    mutant(
        "pruned events are passed over in silence",
        f"{FOLLOWERS}._catch_up",
        "self._send_away(stream)",
        "pass",
        pruned,
    ),
    mutant(
        "what follows pruned events is written before the members go",
        f"{FOLLOWERS}._catch_up",
        "self._send_away(stream)\n        self._tell(stream, follower.skip(first - 1))",
        "self._tell(stream, follower.skip(first - 1))\n        self.hub.flush()\n"
        "        self._send_away(stream)",
        pruned,
    ),
    mutant(
        "a failed read is the last one",
        f"{FOLLOWERS}._read",
        "self._reading.discard(stream)",
        "pass",
    ),
    mutant(
        "the snapshot's last event comes twice",
        f"{HOLD}.after",
        "event.seq <= snapshot.seqs",
        "event.seq < snapshot.seqs",
    ),
    mutant(
        "nobody waits until the snapshot's events are told",
        f"{ATTACH}:attach",
        "await reach(followers, stream, seq)",
        "pass",
    ),
    mutant(
        "a follower stays without members",
        f"{FOLLOWERS}.leave",
        "if not follower.members:",
        "if follower.members < 0:",
    ),
    mutant(
        "nothing is relayed",
        "hubbub.journal.relay:tell_channels",
        "table.relay(event)",
        "pass",
    ),
    mutant(
        "everything is relayed twice",
        "hubbub.journal.relay:tell_channels",
        "table.relay(event)",
        "table.relay(event); table.relay(event)",
    ),
    mutant(
        "the hub waits for answers that came",
        "hubbub.journal.append:append_soon",
        "hub.arrived()",
        "pass",
    ),
)


@contextmanager
def applied(mutant: Mutant) -> Iterator[None]:
    """The code with this fault, until the end of the block."""
    with ExitStack() as changes:
        for change in mutant.changes:
            changes.enter_context(made(change))
        yield


@contextmanager
def made(change: Change) -> Iterator[None]:
    """One change."""
    module_name, _, path = change.where.partition(":")
    module = import_module(module_name)
    if path.isupper():
        assert getattr(module, path) == float(change.old), f"{change.where} is another number now"
        with mock.patch.object(module, path, float(change.new)):
            yield
        return
    function: object = module
    for name in path.split("."):
        function = getattr(function, name)
    assert isinstance(function, FunctionType)
    really, function.__code__ = function.__code__, changed_code(function, change)
    try:
        yield
    finally:
        function.__code__ = really


def changed_code(function: FunctionType, change: Change) -> CodeType:
    """What the function's changed source is compiled to."""
    source = dedent(inspect.getsource(function))
    assert source.count(change.old) == 1, f"{change.old!r} is not once in {change.where}"
    flags = __future__.annotations.compiler_flag
    code = compile(source.replace(change.old, change.new), change.where, "exec", flags)
    space = dict(vars(sys.modules[function.__module__]))
    exec(code, space)
    made: FunctionType = space[function.__name__]
    return made.__code__


def seeds_until_found(mutant: Mutant) -> int | None:
    """How many seeds with its weather it takes to find a mutant; None if more than `ENOUGH`."""
    plans = filter(mutant.weather, map(make_plan, count()))
    with applied(mutant):
        tried = enumerate(islice(plans, ENOUGH), 1)
        return next((number for number, plan in tried if run(plan).found), None)
