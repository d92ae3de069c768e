"""Counters as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class CounterConfig(AppConfig):
    """Registers the door for Python publishers."""

    name = "hubbub.counter"
    label = "hubbub_counter"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Hubbub counters"

    def ready(self) -> None:
        """Open the door."""
        from hubbub.counter.log import counter_log
        from hubbub.counter.services import KEYS, event_entries, published_stream
        from hubbub.journal.doors import open_stored
        from hubbub.journal.log import open_log

        open_log(counter_log)
        open_stored("counter_update", stream_of=published_stream, entries=event_entries, keys=KEYS)
