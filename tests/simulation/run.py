"""One seed from its plan to its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tests.simulation.checker import Checker
from tests.simulation.table import opened
from tests.simulation.world import World

if TYPE_CHECKING:
    from tests.simulation.checker import Violation
    from tests.simulation.history import History
    from tests.simulation.plan import Plan


class Run(NamedTuple):
    """What came of a plan."""

    plan: Plan
    history: History
    found: list[Violation]
    commits: int
    deliveries: int
    visits: int


def run(plan: Plan) -> Run:
    """Let a world live by a plan, and look at it."""
    with opened():
        world = World(plan)
        try:
            world.run()
            checker = Checker(world)
            found = list(checker.check_promises())
            world.leave()
            found = checker.check_leftovers()
        finally:
            world.close()
    visits = [visit for client in world.clients for visit in client.visits]
    deliveries = sum(len(got) for visit in visits for got in visit.got.values())
    return Run(plan, world.history, found, len(world.database.ledger), deliveries, len(visits))
