"""Notifications as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Opens the inboxes."""

    name = "hubbub.notifications"
    label = "hubbub_notifications"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Hubbub notifications"

    def ready(self) -> None:
        """Have notifications stored, and what Python publishers send."""
        from hubbub.journal.publishers import open_stored
        from hubbub.journal.table import open_table
        from hubbub.notifications.inbox import published_stream
        from hubbub.notifications.log import notification_log
        from hubbub.notifications.services import KEYS, event_entries

        open_table(notification_log)
        open_stored(
            "send_notification", stream_of=published_stream, entries=event_entries, keys=KEYS
        )
