"""What was said, in Django's admin; deleting there is deleting for everyone who reads along.

Whoever is no superuser sees of it what the policy in force would let it read (`seen.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from hubbub.accounts.shown import stored_name
from hubbub.chat.members_admin import RoomAdmin
from hubbub.chat.models import Message
from hubbub.chat.sanctions_admin import SanctionAdmin
from hubbub.chat.seen import rooms_seen
from hubbub.chat.services import delete
from hubbub.streams.admin import DeletingAdmin
from hubbub.wire.keys import read_key

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

__all__ = ("MessageAdmin", "RoomAdmin", "SanctionAdmin")


@admin.register(Message)
class MessageAdmin(DeletingAdmin):
    """Messages, the newest first, without the events that say what became of one."""

    list_display = ("name", "seq", "speaker", "text", "created", "deleted")
    list_filter = ("deleted",)
    search_fields = ("name", "username", "message")
    ordering = ("-id",)
    fields = (
        *("name", "seq", "speaker", "sender", "message", "data"),
        *("timestamp", "created", "edited", "deleted"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """What was said."""
        return super().get_queryset(request).filter(rooms_seen(request), deletes=None, edits=None)

    def delete_event(self, event: Message) -> None:
        """Delete one message."""
        delete(room=event.name, seq=event.seq)

    @admin.display(description="username")
    def speaker(self, message: Message) -> str:
        """The name, as members see it."""
        return stored_name(message.username, read_key(message.sender))
