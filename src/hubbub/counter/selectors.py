"""Where the counters stand. Blocking."""

from __future__ import annotations

from hubbub.counter.messages import Standing
from hubbub.counter.models import Counter


def counter_read(*, name: str) -> Standing:
    """Where a counter stands; one that nobody changed stands at 0."""
    row = Counter.objects.filter(name=name).values_list("value", "version").first()
    return Standing(*row) if row else Standing()
