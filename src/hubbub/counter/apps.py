"""Counters as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class CounterConfig(AppConfig):
    """Opens the kind."""

    name = "hubbub.counter"
    label = "hubbub_counter"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Hubbub counters"

    def ready(self) -> None:
        """Open it, now that its models are there."""
        from hubbub.counter.kind import counters
        from hubbub.streams.registry import open_kind

        open_kind(counters)
