"""Chat as a Django app."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Registers the door for Python publishers."""

    name = "hubbub.chat"
    label = "hubbub_chat"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Hubbub chat"

    def ready(self) -> None:
        """Open the door."""
        from hubbub.chat.gate import gate
        from hubbub.chat.log import chat_log
        from hubbub.chat.services import KEYS, event_entry, published_stream
        from hubbub.journal.doors import open_stored
        from hubbub.journal.log import open_log
        from hubbub.streams.permissions import open_gate

        import_module("hubbub.chat.checks")
        import_module("hubbub.chat.members")
        open_gate(gate)
        open_log(chat_log)
        open_stored("chat_message", stream_of=published_stream, entries=event_entry, keys=KEYS)
