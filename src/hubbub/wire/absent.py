"""What a schema of the HTTP API says of a key that may be left out."""

from __future__ import annotations

from typing import Any


def absent() -> Any:
    """The default of what may be left out; as a factory, so that the schema documents no null."""
    return None
