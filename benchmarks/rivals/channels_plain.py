"""The chat as the Channels tutorial writes it: one consumer, the in-memory layer, JSON checked.

An ASGI application, run by Daphne and by uvicorn: `uvicorn benchmarks.rivals.channels_plain:app`.
"""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="only for a benchmark on one machine",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

sequences: Counter[str] = Counter()


def is_message(data: Any) -> bool:
    """Whether a decoded frame is a chat message of 1 to 1000 characters."""
    if not isinstance(data, dict) or data.get("type") != "chat_message":
        return False
    message, username = data.get("message"), data.get("username", "Anonymous")
    if not isinstance(message, str) or not isinstance(username, str):
        return False
    return bool(message.strip()) and len(message) <= 1000


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """One member of the room that its path names."""

    async def connect(self) -> None:
        """Join the room."""
        self.group = "chat_" + self.scope["url_route"]["kwargs"]["room"]
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, _code: int) -> None:
        """Leave the room."""
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, **_: Any) -> None:
        """Tell a message to the room, its sender included."""
        try:
            data = json.loads(text_data or "")
        except ValueError:
            data = None
        if not is_message(data):
            error = {"type": "error", "message": "Invalid message format"}
            await self.send(text_data=json.dumps(error))
            return
        sequences[self.group] += 1
        await self.channel_layer.group_send(
            self.group,
            {
                "type": "chat_message",
                "message": data["message"],
                "username": data.get("username", "Anonymous"),
                "timestamp": datetime.now(UTC).isoformat(),
                "seq": sequences[self.group],
            },
        )

    async def chat_message(self, event: dict[str, Any]) -> None:
        """Tell this member what the group was told."""
        await self.send(text_data=json.dumps(event))


app = ProtocolTypeRouter(
    {"websocket": URLRouter([re_path(r"^ws/chat/(?P<room>\w+)/$", ChatConsumer.as_asgi())])}
)
