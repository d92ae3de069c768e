"""A Dockerfile, carried out in a folder and without Docker: each instruction as far as it can be.

The base image is a virtual environment that sees what is installed here, but for this project.
Paths from the root lie in the folder; the user is the one who runs the tests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING

from tests.servers import environment

if TYPE_CHECKING:
    from pathlib import Path

OURS = ("hubbub", "_hubbub", "_editable_impl_hubbub")
#: What a `HEALTHCHECK` says before its command.
CHECK = re.compile(r"(?:--\S+\s+)*CMD (.*)")


def instructions(text: str) -> list[tuple[str, str]]:
    """Each one's name and what follows it."""
    lines = text.replace("\\\n", "").splitlines()
    found = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return [(name, rest) for name, rest in found]


class Image:
    """What a Dockerfile makes. `context` is the folder that it copies from."""

    def __init__(self, text: str, context: Path, root: Path) -> None:
        self.context, self.root = context, root
        self.python = base_image(root / "base")
        self.variables: dict[str, str] = {}
        self.told: dict[str, str] = {}
        for name, rest in instructions(text):
            getattr(self, f"do_{name.lower()}", self.note)(rest, name)

    def note(self, rest: str, name: str) -> None:
        """Keep what is for the container: USER, VOLUME, CMD."""
        self.told[name] = rest

    def do_copy(self, rest: str, _: str) -> None:
        *patterns, target = rest.split()
        folder = self.root / target.lstrip("/")
        folder.mkdir(parents=True)
        for pattern in patterns:
            [found] = self.context.glob(pattern)
            shutil.copy(found, folder)

    def do_env(self, rest: str, _: str) -> None:
        for pair in rest.split():
            name, _, value = pair.partition("=")
            self.variables[name] = self.inside(value)

    def do_run(self, rest: str, _: str) -> None:
        command = ["sh", "-e", "-c", self.inside(rest)]
        done = subprocess.run(command, env=self.env(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def inside(self, words: str) -> str:
        """A command whose paths and user are those of here."""
        words = re.sub(r"(?<![\w/.*:])/(data|wheels)\b", rf"{self.root}/\1", words)
        return words.replace("=10001 --group=10001", f"={os.getuid()} --group={os.getgid()}")

    def env(self, **more: str) -> dict[str, str]:
        """The variables of a process in the container."""
        path = f"{self.python.parent}:{os.environ['PATH']}"
        quiet = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        return environment({"PATH": path} | quiet | self.variables | more)

    def command(self, name: str = "CMD") -> list[str]:
        """The words of its command, or of its check."""
        rest = CHECK.fullmatch(self.told[name])[1] if name == "HEALTHCHECK" else self.told[name]
        return json.loads(rest)


def base_image(folder: Path) -> Path:
    """The Python of a new environment; it has what this one has, but for the project."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    [packages] = folder.glob("lib/python*/site-packages")
    for path in map(sysconfig.get_path, ("purelib", "platlib")):
        for entry in os.scandir(path):
            if not entry.name.startswith(OURS) and not (packages / entry.name).exists():
                (packages / entry.name).symlink_to(entry.path)
    python = folder / "bin" / "python"
    pip = folder / "bin" / "pip"
    pip.write_text(f'#!/bin/sh\nexec "{python}" -m pip "$@"\n')
    pip.chmod(0o755)
    return python
