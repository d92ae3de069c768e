"""Notifications as a kind of stream: one socket hears a user's inbox and everyone's."""

from __future__ import annotations

from hubbub.notifications.inbox import published_inbox
from hubbub.notifications.messages import Request
from hubbub.notifications.models import Notification
from hubbub.notifications.services import KEYS, event_entries
from hubbub.notifications.table import inbox_table
from hubbub.streams.builtin import BuiltIn


class Notifications(BuiltIn):
    """Anyone may listen; who may send, a setting says."""

    kind = "notifications"
    path = "ws/notifications/"
    event = Notification
    request = Request
    table = inbox_table
    consumer = "hubbub.notifications.consumer.NotificationConsumer"
    calls = "hubbub.notifications.api.router"
    alone = True
    requires_user = "notifications_requires_user"
    adds = True
    published = "send_notification"
    keys = KEYS
    entries = staticmethod(event_entries)
    name_in = staticmethod(published_inbox)


notifications = Notifications()
