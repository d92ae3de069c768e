"""Counters in Django's admin, to be looked at: what changes one is told to who looks at it."""

from __future__ import annotations

from django.contrib import admin

from hubbub.counter.models import Change, Counter
from hubbub.streams.admin import ReadOnlyAdmin, link_to_list


@admin.register(Counter)
class CounterAdmin(ReadOnlyAdmin):
    """Where the counters stand."""

    list_display = ("name", "value", "version", "changes")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "value", "version", "changes")
    readonly_fields = ("changes",)

    @admin.display(description="changes")
    def changes(self, counter: Counter) -> str:
        """How it came there."""
        return link_to_list(Change, "show", name=counter.name)


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """Changes, the newest first, with the value after each."""

    list_display = ("name", "seq", "action", "value", "counter", "sender", "created")
    list_filter = ("action",)
    search_fields = ("name", "sender")
    ordering = ("-id",)
