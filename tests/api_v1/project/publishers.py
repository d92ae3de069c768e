"""The Python implementations of the published document, as it prints them."""
# ruff: noqa: DTZ005, ICN001 - as the document has it

import datetime

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer


def send_chat_message(room_name, message, username="System"):
    channel_layer = get_channel_layer()

    async_to_sync(channel_layer.group_send)(
        f"chat_{room_name}",
        {
            "type": "chat_message",
            "message": message,
            "username": username,
            "timestamp": str(datetime.datetime.now().isoformat()),
        },
    )


def send_user_notification(user_id, title, message, priority="normal"):
    channel_layer = get_channel_layer()

    async_to_sync(channel_layer.group_send)(
        f"notifications_{user_id}",
        {
            "type": "send_notification",
            "title": title,
            "message": message,
            "priority": priority,
            "timestamp": datetime.datetime.now().isoformat(),
        },
    )


def broadcast_counter_update(action, value):
    channel_layer = get_channel_layer()

    async_to_sync(channel_layer.group_send)(
        "global_counter",
        {
            "type": "counter_update",
            "action": action,
            "value": value,
            "timestamp": datetime.datetime.now().isoformat(),
        },
    )


CALLS = {
    "chat": send_chat_message,
    "notification": send_user_notification,
    "counter": broadcast_counter_update,
}
