"""Two hundred worlds in which nothing that was promised is broken; each is the same every time."""

import subprocess
import sys

import pytest

from tests.servers import environment
from tests.simulation.plan import make_plan
from tests.simulation.report import report
from tests.simulation.run import run
from tests.simulation.shrink import shrink

SEEDS = 200
#: Seeds in one test, so that several processes can share them.
SLICE = 10
#: Those that are gone through often; the others are left to `make test-all`, and to CI.
OFTEN = 10


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(first, marks=pytest.mark.long if first >= OFTEN else ())
        for first in range(0, SEEDS, SLICE)
    ],
)
def test_every_member_gets_everything_once_in_order_and_soon_or_is_told_to_come_back(first):
    for seed in range(first, first + SLICE):
        result = run(make_plan(seed))
        if result.found:
            pytest.fail(
                f"python -m tests.simulation --seed {seed}\n\n"
                f"{report(result)}\n\nThe smallest run like it:\n\n{report(shrink(result))}",
                pytrace=False,
            )


def digest_of(seeds: int, hash_seed: str) -> str:
    """The digest that a process of its own prints of the first seeds."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seeds", str(seeds), "--jobs", "1"],
        env=environment({"PYTHONHASHSEED": hash_seed}),
        capture_output=True,
        check=False,
        text=True,
    )
    return ran.stdout.splitlines()[-1]


def test_the_same_seed_is_the_same_history_whatever_python_hashes_by():
    first, second = digest_of(6, "1"), digest_of(6, "2")
    assert first.startswith("digest ")
    assert first == second


def test_another_seed_is_another_history():
    digests = {run(make_plan(seed)).history.digest() for seed in range(8)}
    assert len(digests) == 8


def test_the_worlds_are_wild_enough():
    """What the seeds together must bring about, lest they prove nothing."""
    results = [run(make_plan(seed)) for seed in range(20)]
    whats = {fact.what for result in results for fact in result.history.facts}
    assert whats >= {"stop", "busy", "crash", "cut", "slow", "flaky", "deaf"}
    assert whats >= {"prune", "restore", "restored", "renumbered", "reload"}
    ends = {fact.rest[0] for r in results for fact in r.history.facts if fact.what == "end"}
    assert ends >= {1000, 1006, 1012, 1013, 4408}
    assert sum(result.commits for result in results) > 3000
    assert sum(result.deliveries for result in results) > 4 * sum(r.commits for r in results)
