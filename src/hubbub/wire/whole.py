"""Whole numbers, as JSON Schema has them: 7.0 is one."""

from __future__ import annotations

from typing import Any


def read_whole(value: Any) -> Any:
    """Turn 7.0 into 7. Everything else passes, true and "7" among it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
