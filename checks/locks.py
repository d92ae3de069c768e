"""`python -m checks.locks`: the locks hold what pyproject.toml asks for, hashed, with no address.

Asks no index. `make lock` mends what it finds.
"""

import re
import sys
import tomllib
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)", re.MULTILINE)
ADDRESS = re.compile(r"://|^\s*(?:-i|-f|--index|--extra-index|--find-links)", re.MULTILINE)

Pins = dict[str, set[str]]


def pins(text: str) -> Pins:
    """The versions that a lock has of each package; several where the platform decides."""
    found: Pins = {}
    for name, version in PIN.findall(text):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def unmet(asked: list[str], locked: Pins) -> list[str]:
    """What is asked for and not locked in a version that will do."""
    wanted = [Requirement(line) for line in asked]
    return [
        str(need)
        for need in wanted
        if not all(
            need.specifier.contains(version)
            for version in locked.get(canonicalize_name(need.name), {"none"})
        )
    ]


def boundless(asked: list[str]) -> list[str]:
    """What is asked for however old it is; of the others `make matrix` tests the oldest."""
    wanted = [Requirement(line) for line in asked]
    return [need.name for need in wanted if not any(at.operator == ">=" for at in need.specifier)]


def unhashed(text: str) -> list[str]:
    """The pinned lines that no hash follows."""
    return [line for line in text.splitlines() if PIN.match(line) and not line.endswith("\\")]


def problems(root: Path) -> list[str]:
    """A line for each thing that is wrong with the two locks of a project."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    asked = project["project"]["dependencies"] + groups["build"]
    extras = chain.from_iterable(project["project"]["optional-dependencies"].values())
    texts = {
        name: (root / "requirements" / f"{name}.txt").read_text("utf-8") for name in ("run", "dev")
    }
    run, dev = pins(texts["run"]), pins(texts["dev"])
    found = [f"run.txt lacks {need}" for need in unmet(asked, run)]
    found += [f"dev.txt lacks {need}" for need in unmet(asked + groups["dev"], dev)]
    found += [f"no oldest version of {need}" for need in boundless([*asked, *extras])]
    found += [f"dev.txt has another {name}" for name in run if dev.get(name) != run[name]]
    for name, text in texts.items():
        found += [f"{name}.txt: no hash: {line}" for line in unhashed(text)]
        found += [f"{name}.txt names an address"] if ADDRESS.search(text) else []
    return found


if __name__ == "__main__":
    sys.exit("\n".join(problems(ROOT)) or None)
