"""Chat as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Registers the door for Python publishers."""

    name = "hubbub.chat"
    label = "hubbub_chat"
    verbose_name = "Hubbub chat"

    def ready(self) -> None:
        """Open the door."""
        from hubbub.chat.services import event_post, is_room_group
        from hubbub.fanout.doors import open_door

        open_door("chat_message", opens_for=is_room_group, publish=event_post)
