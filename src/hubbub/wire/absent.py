"""What a schema of the HTTP API says of a key that may be left out."""

from __future__ import annotations

from typing import Any


def absent() -> Any:
    """The default of what may be left out; as a factory, so that the schema documents no null.

    A null that was sent is refused: for a recipient it is more likely a slip than a wish to tell
    everyone.
    """
    return None
