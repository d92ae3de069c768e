"""The simulation finds what it is for: each fault that is put into the code shows in some seed."""

import pytest

from tests.simulation.mutants import ENOUGH, MUTANTS, applied, seeds_until_found
from tests.simulation.plan import make_plan
from tests.simulation.run import run
from tests.simulation.shrink import shrink


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_in_the_code_is_found(mutant, record_property):
    found = seeds_until_found(mutant)
    record_property("seeds", found)
    assert found is not None, f"{ENOUGH} seeds did not find it"


def test_the_code_is_as_it_was_after_a_mutant():
    for mutant in MUTANTS:
        with applied(mutant):
            pass
    assert not run(make_plan(0)).found


def test_a_failing_run_shrinks_to_a_smaller_one_that_fails_alike():
    (mutant,) = [one for one in MUTANTS if one.name == "a follower skips"]
    with applied(mutant):
        failed = next(filter(lambda one: one.found, map(run, map(make_plan, range(ENOUGH)))))
        smaller = shrink(failed)
    assert smaller.found[0].kind == failed.found[0].kind
    assert len(smaller.history.facts) < len(failed.history.facts) / 2
    assert smaller.plan.clients < failed.plan.clients
