"""The journal as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """Streams, under the label `hubbub_journal`."""

    name = "hubbub.journal"
    label = "hubbub_journal"
    verbose_name = "Hubbub journal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the layer's groups followed, its options checked, and see whether this is a test."""
        import hubbub.fanout.checks  # noqa: F401
        from hubbub.fanout.doors import open_follower
        from hubbub.journal.relay import relay
        from hubbub.testcases import look

        open_follower(relay.follow)
        look()
