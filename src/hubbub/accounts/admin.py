"""Tokens in Django's admin: whose they are and how long they work, and their end.

The token itself is nowhere, and its digest is nobody's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_user_model

from hubbub.accounts.models import Token
from hubbub.accounts.owners import owned, together

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes none at run time
    """Tokens, the newest first. Deleting one revokes it."""

    list_display = ("label", "owner", "created", "expires")
    list_per_page = 50
    show_full_result_count = False
    fields = ("label", "owner", "created", "expires")
    readonly_fields = ("owner",)
    ordering = ("-id",)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """The label, and the name that the project's user model has, where it can be joined."""
        name = f"user__{get_user_model().USERNAME_FIELD}"
        return ("label", name) if together() else ("label",)

    def get_list_select_related(self, request: HttpRequest) -> tuple[str, ...]:
        """The user, where it can be joined."""
        return ("user",) if together() else ()

    @admin.display(description="user")
    def owner(self, token: Token) -> str:
        """Whose it is."""
        if together():
            return str(token.user)
        found = owned(Token.objects.filter(pk=token.pk))
        return str(found[0].user) if found else "-"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A token is shown to whoever makes it, once; a page of the admin is no place for that."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one."""
        return False
