"""What docs/servers.md says: its commands, its worker, its table."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "servers.md").read_text()
#: The kinds of server, as the commands and the columns have them.
KINDS = ("hubbub", "classes", "uvicorn", "gunicorn", "daphne", "hypercorn", "granian")


def block(language: str) -> str:
    """The only block of a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return found


COMMANDS = dict(zip(KINDS, block("bash").splitlines(), strict=True))
PYTHON = block("python")


def table() -> dict[str, dict[str, str]]:
    """The cells by row and kind of server, without the numbers of notes; two lines are its head."""
    plain = re.sub(r" \(\d\)", "", PAGE.partition("\n## ")[0])
    lines = [line.strip("| ").split(" | ") for line in plain.splitlines() if line.startswith("|")]
    return {row[0]: dict(zip(KINDS, row[1:], strict=True)) for row in lines[2:]}
