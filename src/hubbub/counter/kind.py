"""Counters as a kind of stream."""

from __future__ import annotations

from hubbub.counter import models
from hubbub.counter.messages import GLOBAL, Change
from hubbub.counter.services import KEYS, event_entries, published_counter
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
    name_in = staticmethod(published_counter)


counters = Counters()
