"""Names of rooms and counters."""

from __future__ import annotations

import re

NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def is_name(text: str) -> bool:
    """Whether a room or counter can be called so: 1 to 64 letters that a URL need not escape."""
    return NAME.fullmatch(text) is not None
