"""What `hubbub prune` and Django's `hubbub_prune` are asked for on the command line."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser

AGE = re.compile(r"([1-9][0-9]{0,5})([hdw])")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
#: A moment before the calendar begins is none.
LONGEST = timedelta(days=36500)


def age(text: str) -> timedelta:
    """`12h`, `30d` or `8w`, at most a hundred years. Raises ArgumentTypeError."""
    match = AGE.fullmatch(text.strip())
    if match is None or int(match[1]) * UNITS[match[2]] > LONGEST:
        raise ArgumentTypeError("an age looks like 12h, 30d or 8w")
    return int(match[1]) * UNITS[match[2]]


def add_prune_options(parser: ArgumentParser) -> None:
    """The options."""
    parser.add_argument(
        "--older-than",
        type=age,
        metavar="AGE",
        help="delete what is older, such as 30d (12h, 8w); without it the settings say what",
    )
    parser.add_argument("--dry-run", action="store_true", help="only count")
