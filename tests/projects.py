"""Django projects for the tests: as `startproject` makes one, with what the README says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.servers import environment

README = (Path(__file__).parents[1] / "README.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def run(*words, cwd, **variables):
    """Run Python to its end, which must be a good one."""
    env = environment(variables)
    subprocess.run([sys.executable, *words], cwd=cwd, env=env, check=True, timeout=60)


def new_project(folder, settings="", urls=""):
    """Make a project by the README, with more settings and paths; it is not migrated."""
    folder.mkdir(exist_ok=True)
    run("-m", "django", "startproject", "project", ".", cwd=folder)
    for name, text in zip(("settings", "asgi", "urls"), PYTHON, strict=False):
        with (folder / "project" / f"{name}.py").open("w" if name == "asgi" else "a") as file:
            file.write(text)
    add(folder, "settings", settings)
    add(folder, "urls", urls)
    return folder


def add(folder, module, text):
    """Write more at the end of one of the project's modules."""
    with (folder / "project" / f"{module}.py").open("a") as file:
        file.write(text)


def migrate(folder):
    """Make the project's tables."""
    run("manage.py", "migrate", "--verbosity", "0", cwd=folder)
