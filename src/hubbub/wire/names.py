"""Names of rooms and counters, and the ids that clients give their requests."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

#: Characters of a name.
NAME_LENGTH = 64
NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{NAME_LENGTH}}}")
#: Characters of a request's id.
ID_LENGTH = 64
#: Characters of a stream's name, with the word of its kind.
STREAM_LENGTH = 100
RequestId = Annotated[str, msgspec.Meta(min_length=1, max_length=ID_LENGTH)]


def is_name(text: str) -> bool:
    """Whether a room or counter can be called so: 1 to 64 letters that a URL need not escape."""
    return NAME.fullmatch(text) is not None
