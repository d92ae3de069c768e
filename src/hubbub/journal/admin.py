"""The streams in Django's admin, and what every page of events there has in common."""

from __future__ import annotations

from functools import reduce
from importlib import import_module
from operator import or_
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.module_loading import module_has_submodule

from hubbub.journal.models import Stream
from hubbub.journal.prune import streams_of
from hubbub.journal.seen import seen_of, streams_seen
from hubbub.journal.table import find_table, tables

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none at run time
    """Events are stored by the journal and by nobody else: here they can be looked at.

    The tables may be long: nothing is counted but what was searched for, and no list is sorted
    otherwise than by its index.
    """

    list_per_page = 50
    show_full_result_count = False
    sortable_by = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds one here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes one here, unless a subclass knows how members hear of it."""
        return False


def link_to_list(model: type[Model], text: str, **search: str) -> str:
    """A link to the list of some rows of a model; the text alone where it has no such page."""
    meta = model._meta
    try:
        address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    except NoReverseMatch:
        return text
    return format_html('<a href="{}?{}">{}</a>', address, urlencode(search), text)


class KindFilter(admin.SimpleListFilter):
    """Streams of one endpoint: rooms, inboxes or counters."""

    title = "endpoint"
    parameter_name = "endpoint"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every endpoint that is installed."""
        return [(table.label, table.label) for table in tables()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The streams of the chosen one."""
        kinds = [kind for table in tables() if table.label == self.value() for kind in table.kinds]
        if not kinds:
            return queryset
        return queryset.filter(reduce(or_, map(streams_of, kinds)))


@admin.register(Stream)
class StreamAdmin(ReadOnlyAdmin):
    """Rooms, inboxes and counters: how far each goes, and from where on it is kept."""

    list_display = ("name", "first_seq", "last_seq", "epoch", "events")
    list_filter = (KindFilter,)
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stream]:
        """The streams of which an account may know."""
        return super().get_queryset(request).filter(streams_seen(request))

    @admin.display(description="events")
    def events(self, stream: Stream) -> str:
        """Where the events are."""
        table = find_table(stream.name)
        if table is None:
            return "-"
        return link_to_list(table.model, "show", name=stream.name.partition(":")[2])


class EventAdmin(ReadOnlyAdmin):
    """The events of a kind whose app has no page of its own for them, the newest first."""

    search_fields = ("name", "sender")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest first, where the database counts the rows; else by stream."""
        del request
        return ("-pk",) if self.model._meta.auto_field else ("name", "-seq")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those of the streams of which an account may know."""
        rows = super().get_queryset(request)
        for table in tables():
            if table.model is self.model:
                rows = rows.filter(*(seen_of(kind, request) for kind in table.kinds))
        return rows

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The stream and the number, what the kind has of its own, and when it was stored."""
        del request
        fields = [field.name for field in self.model._meta.concrete_fields]
        common = {"id", "name", "seq", "sender", "request_id", "timestamp", "created"}
        own = [name for name in fields if name not in common]
        return ["name", "seq", *own, "sender", "created"]


def register_events() -> None:
    """Give each table of events a page, unless its app has one."""
    for table in tables():
        app = apps.get_app_config(table.model._meta.app_label)
        if app.module is not None and module_has_submodule(app.module, "admin"):
            import_module(f"{app.name}.admin")
        if not admin.site.is_registered(table.model):
            admin.site.register(table.model, EventAdmin)


register_events()
