"""What was sent, in Django's admin; deleting there is deleting for everyone who got it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.text import Truncator

from hubbub.journal.admin import ReadOnlyAdmin
from hubbub.notifications.models import SENT, Notification
from hubbub.notifications.services import delete

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest

SHOWN = 80


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
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

    def has_delete_permission(self, request: HttpRequest, obj: Notification | None = None) -> bool:
        """Who has Django's permission for it."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def get_deleted_objects(
        self,
        objs: QuerySet[Notification] | Iterable[Notification],
        request: HttpRequest,
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Only these: the rows stay, and who has read them does too."""
        del request
        shown = [f"{self.recipient(one)} {one.seq}: {self.shown_title(one)}" for one in objs]
        return shown, {str(Notification._meta.verbose_name_plural): len(shown)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Notification) -> None:
        """Delete one as an event of its stream: the row stays, without its text."""
        if not obj.deleted:
            delete(number=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete many, each in a transaction of its own, so that nobody waits long to send."""
        for number in list(queryset.filter(deleted=False).values_list("pk", flat=True)):
            delete(number=number)

    @admin.display(description="recipient")
    def recipient(self, notification: Notification) -> str:
        """A user's key, or everyone."""
        return notification.name or "everyone"

    @admin.display(description="title")
    def shown_title(self, notification: Notification) -> str:
        """The beginning of the title."""
        return Truncator(notification.title).chars(SHOWN)

    @admin.display(description="message")
    def text(self, notification: Notification) -> str:
        """The beginning of the message."""
        return Truncator(notification.message).chars(SHOWN)
