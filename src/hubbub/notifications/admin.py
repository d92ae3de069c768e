"""What was sent, in Django's admin; deleting there is deleting for everyone who got it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.text import Truncator

from hubbub.notifications.models import SENT, Notification
from hubbub.notifications.services import delete
from hubbub.streams.admin import SHOWN, DeletingAdmin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(Notification)
class NotificationAdmin(DeletingAdmin):
    """Notifications, the newest first, without the events that say that one was deleted or read."""

    list_display = ("recipient", "seq", "shown_title", "text", "priority", "created", "deleted")
    list_filter = ("priority", "deleted")
    search_fields = ("name__exact", "title", "message")
    ordering = ("-id",)
    fields = (
        *("recipient", "seq", "title", "message", "data", "priority"),
        *("sender", "timestamp", "created", "deleted"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        """What was sent."""
        return super().get_queryset(request).filter(**SENT)

    def get_deleted_objects(
        self,
        objs: QuerySet[Notification] | Iterable[Notification],
        request: HttpRequest,
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Only these: the rows stay, and who has read them does too."""
        del request
        shown = [f"{self.recipient(one)} {one.seq}: {self.shown_title(one)}" for one in objs]
        return shown, {str(Notification._meta.verbose_name_plural): len(shown)}, set(), []

    def delete_event(self, event: Notification) -> None:
        """Delete one."""
        delete(number=event.pk)

    @admin.display(description="recipient")
    def recipient(self, notification: Notification) -> str:
        """A user's key, or everyone."""
        return notification.name or "everyone"

    @admin.display(description="title")
    def shown_title(self, notification: Notification) -> str:
        """The beginning of the title."""
        return Truncator(notification.title).chars(SHOWN)
