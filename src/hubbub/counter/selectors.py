"""What can be read of the counters. Blocking."""

from __future__ import annotations

from typing import NamedTuple

from hubbub.counter.models import Counter


class Standing(NamedTuple):
    """A counter's value, and the number of the change that made it."""

    counter: int = 0
    version: int = 0


def counter_read(*, name: str) -> Standing:
    """Where a counter stands; one that nobody changed stands at 0."""
    row = Counter.objects.filter(name=name).values_list("value", "version").first()
    return Standing(*row) if row else Standing()
