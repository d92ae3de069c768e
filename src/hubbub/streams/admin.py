"""What the pages of kinds in Django's admin have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.text import Truncator

from hubbub.journal.admin import ReadOnlyAdmin, link_to_list

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

__all__ = ["DeletingAdmin", "ReadOnlyAdmin", "link_to_list"]

SHOWN = 80


class DeletingAdmin(ReadOnlyAdmin):
    """Events whose text can be deleted for everyone who got it: the row stays without its text."""

    def delete_event(self, event: Any) -> None:
        """Delete one as an event of its stream."""
        raise NotImplementedError

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who has Django's permission for it."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete one, unless it is already."""
        if not obj.deleted:
            self.delete_event(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete many, each in a transaction of its own, so that nobody waits long to send."""
        for event in list(queryset.filter(deleted=False).only("name", "seq")):
            self.delete_event(event)

    @admin.display(description="message")
    def text(self, event: Any) -> str:
        """The beginning."""
        return Truncator(event.message).chars(SHOWN)
