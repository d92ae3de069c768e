"""Chat as a Django app."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class ChatConfig(AppConfig):
    """Opens the kind."""

    name = "hubbub.chat"
    label = "hubbub_chat"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Hubbub chat"

    def ready(self) -> None:
        """Open it, now that its models are there."""
        from hubbub.chat.kind import rooms
        from hubbub.streams.registry import open_kind

        import_module("hubbub.chat.checks")
        import_module("hubbub.chat.members")
        open_kind(rooms)
