"""Tokens in Django's admin: whose they are and how long they work, and their end.

The token itself is nowhere, and its digest is nobody's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_user_model

from hubbub.accounts.models import Token

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none at run time
    """Tokens, the newest first. Deleting one revokes it."""

    list_display = ("label", "user", "created", "expires")
    list_select_related = ("user",)
    list_per_page = 50
    show_full_result_count = False
    fields = ("label", "user", "created", "expires")
    ordering = ("-id",)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """The label, and the name that the project's user model has."""
        return "label", f"user__{get_user_model().USERNAME_FIELD}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A token is shown to whoever makes it, once; a page of the admin is no place for that."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one."""
        return False
