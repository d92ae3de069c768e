"""From a plan that fails to the smallest one nearby that fails in the same way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.simulation.run import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.plan import Plan
    from tests.simulation.run import Run

#: Runs at most; one takes some 50 ms.
RUNS = 300


def shrink(failed: Run) -> Run:
    """Make a failing run smaller while its first violation's kind stays."""
    kind, best, left = failed.found[0].kind, failed, RUNS
    smaller = candidates(best.plan)
    while left and (plan := next(smaller, None)) is not None:
        left -= 1
        tried = run(plan)
        if any(one.kind == kind for one in tried.found):
            best = tried._replace(found=[one for one in tried.found if one.kind == kind])
            smaller = candidates(best.plan)
    return best


def candidates(plan: Plan) -> Iterator[Plan]:
    """Smaller plans, those first that leave out most."""
    yield from without_faults(plan)
    for name, least in LEAST.items():
        if getattr(plan, name) > least:
            yield replace(plan, **{name: least})
    for name in ("clients", "processes", "streams", "hubs"):
        value = getattr(plan, name)
        for less in {value // 2, value - 1} - {0}:
            yield fewer(plan, name, less)
    for seconds in (plan.seconds / 2, plan.seconds - 1):
        if seconds > 1:
            yield replace(plan, seconds=seconds)
    if plan.rate > 1:
        yield replace(plan, rate=plan.rate / 2)


#: What may be left out at once, and what stands for nothing.
LEAST: dict[str, float | int | bool] = {
    "own_loss": 0.0,
    "repeat": 0.0,
    "loss": 0.0,
    "foreign": 0.0,
    "watch": False,
    "channels": False,
    "lag": 0.0,
}


def without_faults(plan: Plan) -> Iterator[Plan]:
    """Without one half of the faults or the other, or without one of them."""
    for count in {len(plan.faults) // 2, 1} - {0}:
        for start in range(0, len(plan.faults), count):
            yield replace(plan, faults=plan.faults[:start] + plan.faults[start + count :])


def fewer(plan: Plan, name: str, value: int) -> Plan:
    """A plan with less of something; faults of processes that are no more go with them."""
    smaller = replace(plan, **{name: value})
    left = [f for f in plan.faults if f.process is None or f.process < smaller.processes]
    return replace(smaller, faults=tuple(left))
