"""What was said, in Django's admin; deleting there is deleting for everyone who reads along.

Whoever is no superuser sees of it what the policy in force would let it read (`seen.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.text import Truncator

from hubbub.accounts.shown import stored_name
from hubbub.chat.members_admin import RoomAdmin
from hubbub.chat.models import Message
from hubbub.chat.sanctions_admin import SanctionAdmin
from hubbub.chat.seen import rooms_seen
from hubbub.chat.services import delete
from hubbub.journal.admin import ReadOnlyAdmin
from hubbub.wire.keys import read_key

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

__all__ = ("MessageAdmin", "RoomAdmin", "SanctionAdmin")

SHOWN = 80


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
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

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        """Who has Django's permission for it."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: Message) -> None:
        """Delete one message as an event of its room: the row stays, without its text."""
        if not obj.deleted:
            delete(room=obj.name, seq=obj.seq)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Delete many, each in a transaction of its own, so that nobody waits long to speak."""
        for room, seq in list(queryset.filter(deleted=False).values_list("name", "seq")):
            delete(room=room, seq=seq)

    @admin.display(description="username")
    def speaker(self, message: Message) -> str:
        """The name, as members see it."""
        return stored_name(message.username, read_key(message.sender))

    @admin.display(description="message")
    def text(self, message: Message) -> str:
        """The beginning."""
        return Truncator(message.message).chars(SHOWN)
