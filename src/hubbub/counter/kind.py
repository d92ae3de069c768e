"""Counters as a kind of stream."""

from __future__ import annotations

from hubbub.counter import models
from hubbub.counter.messages import GLOBAL, Change
from hubbub.counter.services import KEYS, counter_name, event_entries
from hubbub.counter.table import counter_table
from hubbub.streams.builtin import BuiltIn


class Counters(BuiltIn):
    """Anyone may look at a counter, and change it."""

    kind = "counter"
    path = "ws/counter/<name>/"
    event = models.Change
    request = Change
    table = counter_table
    consumer = "hubbub.counter.consumer.CounterConsumer"
    calls = "hubbub.counter.api.router"
    default_name = GLOBAL
    requires_user = "counter_requires_user"
    begins = "counter_begin"
    published = "counter_update"
    keys = KEYS
    entries = staticmethod(event_entries)

    def find_stream(self, group: str) -> str | None:
        """The counter's that has this group."""
        name = counter_name(group)
        return None if name is None else self.stream_of(name)


counters = Counters()
