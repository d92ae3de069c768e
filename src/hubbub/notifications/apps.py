"""Notifications as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Registers the door for Python publishers."""

    name = "hubbub.notifications"
    label = "hubbub_notifications"
    verbose_name = "Hubbub notifications"

    def ready(self) -> None:
        """Open the door."""
        from hubbub.fanout.doors import open_door
        from hubbub.notifications.services import event_post, is_user_group

        open_door("send_notification", opens_for=is_user_group, publish=event_post)
