"""Notifications as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Registers the door for Python publishers."""

    name = "hubbub.notifications"
    label = "hubbub_notifications"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Hubbub notifications"

    def ready(self) -> None:
        """Open the door."""
        from django.db.models import Q

        from hubbub.journal.doors import open_stored
        from hubbub.journal.log import open_log
        from hubbub.journal.shelf import Shelf, by_settings, open_shelf
        from hubbub.notifications.inbox import EVERYONE, KIND, published_stream
        from hubbub.notifications.log import notification_log
        from hubbub.notifications.models import Notification
        from hubbub.notifications.services import KEYS, event_entries

        open_log(KIND, notification_log)
        open_log(EVERYONE, notification_log)
        open_stored(
            "send_notification", stream_of=published_stream, entries=event_entries, keys=KEYS
        )
        keep = by_settings("notifications_keep_days", "notifications_keep_messages")
        kinds, counted = (KIND, EVERYONE), Q(reads=None)
        open_shelf(Shelf("notifications", kinds, Notification, keep, counted))
