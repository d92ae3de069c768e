"""An account's primary key as text: 7 is `7`, and the text abc is `"abc"`, so both come back."""

from __future__ import annotations

import msgspec


def write_key(key: int | str | None) -> str:
    """A key as it is stored beside an event; nobody's is empty."""
    return "" if key is None else msgspec.json.encode(key).decode()


def read_key(text: str) -> int | str | None:
    """What `write_key` wrote."""
    return msgspec.json.decode(text, type=int | str) if text else None
