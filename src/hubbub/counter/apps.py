"""Counters as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class CounterConfig(AppConfig):
    """Registers the door for Python publishers."""

    name = "hubbub.counter"
    label = "hubbub_counter"
    verbose_name = "Hubbub counters"

    def ready(self) -> None:
        """Open the door."""
        from hubbub.counter.services import counter_name, event_post
        from hubbub.fanout.doors import open_door

        open_door(
            "counter_update",
            opens_for=lambda group: counter_name(group) is not None,
            publish=event_post,
        )
