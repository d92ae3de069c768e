"""A failing run for a reader: its plan, what was broken, and all that led there."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.checker import Violation
    from tests.simulation.plan import Plan
    from tests.simulation.run import Run

#: Facts that are shown at most, the last ones before the violation.
SHOWN = 60
#: Violations that are named at most.
NAMED = 8


def report(run: Run) -> str:
    """A page."""
    lines = [describe(run.plan), ""]
    lines += [str(one) for one in run.found[:NAMED]]
    if run.found:
        lines += ["", *story(run, run.found[0])]
    return "\n".join(lines)


def describe(plan: Plan) -> str:
    """A plan, a line for its numbers and one for each fault."""
    words = [
        f"{item.name}={getattr(plan, item.name)}" for item in fields(plan) if item.name != "faults"
    ]
    return "\n".join([" ".join(words), *(f"  {fault}" for fault in plan.faults)])


def story(run: Run, violation: Violation) -> Iterator[str]:
    """The facts of whom it concerns, of the stream, and the faults."""
    wanted = {violation.who, violation.stream, "all", *processes_of(run, violation.who)}
    facts = [
        fact for fact in run.history.facts if fact.at <= violation.at + 1.0 and fact.who in wanted
    ]
    yield from map(str, facts[-SHOWN:])


def processes_of(run: Run, visit: str) -> set[str]:
    """The process that a visit was at."""
    return {
        str(fact.rest[0]) for fact in run.history.facts if fact.who == visit and fact.what == "dial"
    }
