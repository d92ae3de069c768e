"""The journal as a Django app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.conf import settings

#: By its path, as it lies above: see there.
HEALTH = "hubbub.http.first.answer_health"


class JournalConfig(AppConfig):
    """Streams, under the label `hubbub_journal`."""

    name = "hubbub.journal"
    label = "hubbub_journal"
    verbose_name = "Hubbub journal"
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, *names: Any) -> None:
        """Refuse a database that has no driver and could not be used with one.

        Raises UnfitError.
        """
        from hubbub.database import refuse_without_driver

        super().__init__(*names)
        refuse_without_driver()

    def ready(self) -> None:
        """Have groups followed, options checked, health answered first, and see if it is a test."""
        import hubbub.fanout.checks
        import hubbub.forked  # noqa: F401
        from hubbub.fanout.publishers import followed_by
        from hubbub.journal.relay import relay
        from hubbub.testcases import look

        followed_by(relay.follow)
        look()
        if HEALTH not in settings.MIDDLEWARE:
            settings.MIDDLEWARE = [HEALTH, *settings.MIDDLEWARE]
