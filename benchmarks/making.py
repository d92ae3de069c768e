"""The making of a rival, by a command that may fail: the others are measured all the same."""

import subprocess
from collections.abc import Sequence
from typing import Any


def trouble_of(command: Sequence[str], seconds: float, **where: Any) -> str | None:
    """Run a command, in what `subprocess.run` is told. A sentence when it fails, else None."""
    name = " ".join(command[:2])
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=seconds, **where
        )
    except subprocess.TimeoutExpired:
        return f"{name} took more than {seconds} s"
    if not done.returncode:
        return None
    lines: list[str] = done.stderr.strip().splitlines()
    return f"{name} failed: " + (lines or ["no reason given"])[0]
