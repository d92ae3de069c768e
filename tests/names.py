"""Names of streams that no other test uses, on whatever database."""

from __future__ import annotations

import secrets
from itertools import count

RUN = secrets.token_hex(3)
numbers = count(1)


def new_name() -> str:
    """The name of a stream, such as a room or a pad."""
    return f"n{RUN}-{next(numbers)}"
