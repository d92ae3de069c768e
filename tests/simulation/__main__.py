"""`python -m tests.simulation`: many seeds, or one that is told in full.

--seeds 10000 --first 0    prints how far it is, and which seeds failed; exit 1 if any did
--seed 4711                prints its whole history, and the smallest run that fails like it
"""

from __future__ import annotations

import argparse
import os
import sys
from hashlib import sha256
from multiprocessing import Pool
from time import monotonic
from typing import NamedTuple

PROGRESS = 500


class Verdict(NamedTuple):
    """What came of a seed, small enough to be sent from one process to another."""

    seed: int
    digest: str
    commits: int
    deliveries: int
    violation: str


def main() -> int:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--seed", type=int, help="tell this one")
    parser.add_argument("--short", action="store_true", help="without its whole history")
    parser.add_argument("--mutants", action="store_true", help="faults put into the code")
    asked = parser.parse_args()
    if asked.seed is not None:
        set_up()
        return tell(asked.seed, whole=not asked.short)
    if asked.mutants:
        set_up()
        return try_mutants()
    return try_all(range(asked.first, asked.first + asked.seeds), asked.jobs)


def set_up() -> None:
    """Have Django ready; nothing asks its database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()


def tell(seed: int, *, whole: bool) -> int:
    """One seed."""
    from tests.simulation.plan import make_plan
    from tests.simulation.report import report
    from tests.simulation.run import run
    from tests.simulation.shrink import shrink

    result = run(make_plan(seed))
    if whole:
        sys.stdout.writelines(f"{fact}\n" for fact in result.history.facts)
    sys.stdout.write(f"\n{report(result)}\n\ndigest {result.history.digest()}\n")
    if result.found:
        sys.stdout.write(f"\nThe smallest run like it:\n\n{report(shrink(result))}\n")
    return int(bool(result.found))


def try_mutants() -> int:
    """All of them."""
    from tests.simulation.mutants import MUTANTS, seeds_until_found

    found = [seeds_until_found(mutant) for mutant in MUTANTS]
    for mutant, seeds in zip(MUTANTS, found, strict=True):
        sys.stdout.write(f"{seeds or 'not found':>9}  {mutant.name}\n")
    return int(None in found)


def judge(seed: int) -> Verdict:
    """Run a seed."""
    from tests.simulation.plan import make_plan
    from tests.simulation.run import run

    result = run(make_plan(seed))
    violation = str(result.found[0]) if result.found else ""
    return Verdict(seed, result.history.digest(), result.commits, result.deliveries, violation)


def try_all(seeds: range, jobs: int) -> int:
    """Many seeds, on some processes."""
    began, failed, commits, deliveries, digest = monotonic(), [], 0, 0, sha256()
    with Pool(jobs, set_up) as pool:
        for number, verdict in enumerate(pool.imap(judge, seeds, chunksize=5), 1):
            commits += verdict.commits
            deliveries += verdict.deliveries
            digest.update(verdict.digest.encode())
            if verdict.violation:
                failed.append(verdict.seed)
                sys.stdout.write(f"seed {verdict.seed}: {verdict.violation}\n")
            if number % PROGRESS == 0 or number == len(seeds):
                sys.stdout.write(
                    f"{number} seeds in {monotonic() - began:.0f} s: {commits} events stored, "
                    f"{deliveries} delivered, failed: {failed or 'none'}\n"
                )
                sys.stdout.flush()
    sys.stdout.write(f"digest {digest.hexdigest()[:16]}\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
