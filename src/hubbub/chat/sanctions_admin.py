"""Mutes, bans and kicks in Django's admin: made and lifted there, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone

from hubbub.accounts.caller import user_key
from hubbub.chat.members import shown_names
from hubbub.chat.members_admin import UserField
from hubbub.chat.models import Sanction
from hubbub.chat.sanctions import TAKEN, in_force, lift
from hubbub.chat.seen import rooms_seen
from hubbub.streams.admin import ReadOnlyAdmin
from hubbub.wire.keys import write_key
from hubbub.wire.names import is_name

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList
    from django.db.models import QuerySet
    from django.http import HttpRequest


class SanctionForm(forms.ModelForm):  # type: ignore[type-arg]  # it takes none at run time
    """A new one, of a user named by its key."""

    user = UserField(label="user's key")

    class Meta:
        model = Sanction
        fields = ("action", "name", "user", "until", "reason")

    def clean_name(self) -> str:
        """A room's name, or none for all rooms."""
        name: str = self.cleaned_data["name"]
        if name and not is_name(name):
            raise ValidationError("Letters, digits, _, . and -.")
        return name

    def clean_until(self) -> Any:
        """A moment to come, or none."""
        until = self.cleaned_data["until"]
        if until is not None and until <= timezone.now():
            raise ValidationError("That is over already.")
        return until


@admin.register(Sanction)
class SanctionAdmin(ReadOnlyAdmin):
    """What was taken from whom, the newest first; none is changed but by being lifted."""

    form = SanctionForm
    list_display = ("action", "username", "room", "reason", "by", "created", "until", "lifted")
    list_filter = ("action",)
    search_fields = ("name", "reason", "user__exact")
    ordering = ("-pk",)
    actions = ("lift",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sanction]:
        """Those of rooms of which an account may know, and those of all rooms."""
        rows: QuerySet[Sanction] = super().get_queryset(request).filter(TAKEN)
        return rows.filter(rooms_seen(request)) | rows.filter(name="")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who has Django's permission for it."""
        return admin.ModelAdmin.has_add_permission(self, request)

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Who has Django's permission to change one."""
        return request.user.has_perm("hubbub_chat.change_sanction")

    def save_model(self, request: HttpRequest, obj: Sanction, form: Any, change: Any) -> None:
        """Store one, with its author."""
        obj.author = write_key(user_key(request.user))  # type: ignore[arg-type]
        super().save_model(request, obj, form, change)

    @admin.action(description="Lift the chosen mutes and bans", permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Sanction]) -> None:
        """End those that are in force."""
        author = user_key(request.user)  # type: ignore[arg-type]
        for sanction in in_force().filter(pk__in=queryset.values("pk")):
            lift(sanction, author)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """The list, with the names of those in it."""
        page = super().get_changelist_instance(request)
        rows: list[Any] = list(page.result_list)
        names = shown_names([key for row in rows for key in (row.user, row.author)])
        for row in rows:
            row.shown = names
        page.result_list = rows
        return page

    @admin.display(description="username")
    def username(self, sanction: Any) -> str:
        """The name, as others see it."""
        return str(sanction.shown.get(sanction.user, sanction.user))

    @admin.display(description="room")
    def room(self, sanction: Sanction) -> str:
        """Where."""
        return sanction.name or "all rooms"

    @admin.display(description="by")
    def by(self, sanction: Any) -> str:
        """Who says so."""
        return str(sanction.shown.get(sanction.author, "-"))
