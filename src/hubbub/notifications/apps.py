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
        from hubbub.fanout.doors import Door, open_door
        from hubbub.notifications.services import aevent_post, event_post, is_user_group

        open_door("send_notification", Door(is_user_group, event_post, aevent_post))
