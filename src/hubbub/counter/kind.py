"""Counters as a kind of stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.counter.messages import GLOBAL, read_change
from hubbub.counter.models import Change
from hubbub.counter.services import KEYS, counter_name, event_entries
from hubbub.counter.table import counter_table
from hubbub.streams.builtin import BuiltIn

if TYPE_CHECKING:
    from hubbub.streams.table import Table


class Counters(BuiltIn):
    """Anyone may look at a counter, and change it."""

    kind = "counter"
    path = "ws/counter/<name>/"
    event = Change
    consumer = "hubbub.counter.consumer.CounterConsumer"
    calls = "hubbub.counter.api.router"
    default_name = GLOBAL
    requires_user = "counter_requires_user"
    begins = "counter_begin"
    published = "counter_update"
    keys = KEYS
    read = staticmethod(read_change)
    entries = staticmethod(event_entries)

    def build_table(self) -> Table:
        """With the counters' values beside it."""
        return counter_table

    def find_stream(self, group: str) -> str | None:
        """The counter's that has this group."""
        name = counter_name(group)
        return None if name is None else self.stream_of(name)


counters = Counters()
