"""Where the counters stand, and how they came there."""

from __future__ import annotations

from django.db import models

from hubbub.database import EventManager
from hubbub.streams.event import Event, once


class Counter(models.Model):
    """A counter's value after the change numbered `version`."""

    name = models.CharField(max_length=64, primary_key=True)
    value = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)

    objects = EventManager["Counter"]()

    class Meta:
        db_table = "hubbub_counter"

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


class Change(Event):
    """One event of a counter's stream. `counter` is the value after it."""

    action = models.CharField(max_length=10)
    value = models.BigIntegerField()
    counter = models.BigIntegerField()

    class Meta:
        db_table = "hubbub_counter_change"
        constraints = once("hubbub_counter")
