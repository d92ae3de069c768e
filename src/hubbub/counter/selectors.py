"""What can be read of the counters. Blocking."""

from __future__ import annotations

from hubbub.counter.messages import Changed, Standing, changed_frame
from hubbub.counter.models import Change, Counter


def counter_read(*, name: str) -> Standing:
    """Where a counter stands; one that nobody changed stands at 0."""
    row = Counter.objects.filter(name=name).values_list("value", "version").first()
    return Standing(*row) if row else Standing()


def change_find(*, name: str, version: int) -> bytes | None:
    """One change's frame, None if it was pruned."""
    columns = ("action", "value", "timestamp", "counter", "seq")
    row = Change.objects.filter(name=name, seq=version).values_list(*columns).first()
    return changed_frame(Changed(*row)) if row else None
