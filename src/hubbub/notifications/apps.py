"""Notifications as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Opens the kind."""

    name = "hubbub.notifications"
    label = "hubbub_notifications"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Hubbub notifications"

    def ready(self) -> None:
        """Open it, now that its models are there."""
        from hubbub.notifications.kind import notifications
        from hubbub.streams.registry import open_kind

        open_kind(notifications)
