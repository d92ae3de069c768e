"""The pages of the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from hubbub.accounts.shown import shown_name

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    """The one page: a chat room, the notifications and the counter, live."""
    user = request.user
    name = shown_name(user) if user.is_authenticated else ""
    return render(request, "site/page.html", {"shown_name": name})
