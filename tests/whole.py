"""`python -m tests.whole`: the tests over SQLite and over PostgreSQL at once.

All but the slow ones in CI and with ALL=1; else without the long ones too (`tests/long.py`).
The order is random; HUBBUB_TEST_SEED repeats one. WORKERS is how many processes share the tests
over SQLite (2). Fails if a test does, or if both runs together went through too little of the
source (`fail_under` in pyproject.toml).
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from xml.etree.ElementTree import parse

from tests.journal.postgresql import THERE_TOO, VARIABLE
from tests.long import MARKS
from tests.servers import ROOT

SEED = os.environ.get("HUBBUB_TEST_SEED") or str(secrets.randbits(32))
WORKERS = os.environ.get("WORKERS", "2")
#: What the two runs leave behind.
FOLDER = ROOT / "var" / "tests"
PYTEST = [
    *(
        "pytest",
        "--timeout",
        "300",
        "-m",
        MARKS,
        "--cov",
        "--cov-report=",
        "--cov-fail-under=0",
    ),
    *("-p", "randomly", f"--randomly-seed={SEED}", f"--hypothesis-seed={SEED}"),
]
#: In the order in which `tests/conftest.py` has the files.
SHARED = ("--dist", "loadfile", "--no-loadscope-reorder")
SQLITE = [*PYTEST, "--numprocesses", WORKERS, *SHARED]
POSTGRESQL = [
    *("tests.journal.postgresql", sys.executable, "-m"),
    *(*PYTEST, "-p", "no:cacheprovider", *THERE_TOO),
]


def start(name: str, module: list[str], **options) -> subprocess.Popen:
    """Start one of the two runs, with a name for what it leaves behind."""
    env = {"HUBBUB_TEST_SEED": SEED, "COVERAGE_FILE": str(FOLDER / f"{name}.coverage")}
    if name == "sqlite":
        env[VARIABLE] = ""
    command = [sys.executable, "-m", *module, f"--junit-xml={FOLDER / name}.xml"]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | env, **options)


def run_both() -> list[int]:
    """Run them; what the one over PostgreSQL says comes after the other."""
    said = FOLDER / "postgresql.txt"
    with said.open("wb") as sink:
        beside = start("postgresql", POSTGRESQL, stdout=sink, stderr=subprocess.STDOUT)
        codes = [start("sqlite", SQLITE).wait(), beside.wait()]
    sys.stdout.write(f"\nOver PostgreSQL:\n{said.read_text(errors='replace')}\n")
    return codes


def measure() -> int:
    """Report what both together went through; not 0 if that is too little."""
    files = [str(FOLDER / f"{name}.coverage") for name in ("sqlite", "postgresql")]
    env = os.environ | {"COVERAGE_FILE": str(FOLDER / "coverage")}
    for words in (["combine", "--quiet", *files], ["report"]):
        done = subprocess.run([sys.executable, "-m", "coverage", *words], env=env, check=False)
    return done.returncode


def closing_line() -> str:
    """How many tests of both runs passed, failed and were left out."""
    suites = [suite for file in FOLDER.glob("*.xml") for suite in parse(file).iter()]
    total, failed, errors, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites if suite.tag == "testsuite")
        for name in ("tests", "failures", "errors", "skipped")
    )
    failed += errors
    return f"{total - failed - skipped} passed, {failed} failed, {skipped} skipped"


def main() -> int:
    """Return 0 if all is well."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    sys.stdout.write(f"HUBBUB_TEST_SEED={SEED}\n")
    sys.stdout.flush()
    codes = [*run_both(), measure()]
    sys.stdout.write(f"HUBBUB_TEST_SEED={SEED}\n{closing_line()}\n")
    return next(filter(None, codes), 0)


if __name__ == "__main__":
    sys.exit(main())
