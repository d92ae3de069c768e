"""Rooms and their members in Django's admin: what is changed there holds at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

from hubbub.accounts.users import find_users
from hubbub.chat.members import shown_names
from hubbub.chat.models import Membership, Room
from hubbub.chat.seen import rooms_seen
from hubbub.errors import Refusal
from hubbub.wire.keys import read_key, write_key

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class UserField(forms.CharField):
    """A user by its key; kept as the tables have it (`wire/keys.py`)."""

    def prepare_value(self, value: Any) -> Any:
        """The key itself, of what a table has; what somebody wrote is as it was written."""
        try:
            return read_key(value) if isinstance(value, str) else value
        except ValueError:
            return value

    def clean(self, value: Any) -> str:
        """The key as the tables have it. Raises ValidationError where there is no such user."""
        written = super().clean(value)
        try:
            return write_key(find_users("user", [written])[0])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence) from None


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]  # it takes none at run time
    """A member, named by its key."""

    user = UserField(label="user's key")

    class Meta:
        model = Membership
        fields = ("user", "role")


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]  # as above
    """The members of a room."""

    model = Membership
    form = MembershipForm
    readonly_fields = ("username",)
    extra = 1

    @admin.display(description="username")
    def username(self, member: Membership) -> str:
        """The name, as others see it; those of all the room's members are read together."""
        if not member.user:
            return "-"
        room: Any = member.room
        if not hasattr(room, "shown_names"):
            room.shown_names = shown_names(list(room.memberships.values_list("user", flat=True)))
        return str(room.shown_names.get(member.user, "-"))


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """Rooms of the policy `Members`, with those who may come in."""

    list_display = ("name", "access", "created")
    list_filter = ("access",)
    search_fields = ("name",)
    ordering = ("name",)
    list_per_page = 50
    show_full_result_count = False
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        """The rooms of which an account may know."""
        return super().get_queryset(request).filter(rooms_seen(request))
