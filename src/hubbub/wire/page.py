"""How much goes into one page or one replay: they are put together whole, and wait whole."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Bytes of a page: 200 messages of 1000 characters, or 60 of the longest `data`.
PAGE_BYTES = 1024 * 1024


def count_fitting(sizes: Iterable[int]) -> int:
    """How many of these, from the first on, go into a page; at least one, if there is one."""
    found = 0
    for total in accumulate(sizes):
        if found and total > PAGE_BYTES:
            break
        found += 1
    return found
