"""The middleware that answers health before all others: a probe knows no host, user or HTTPS.

Others refuse a foreign Host (ALLOWED_HOSTS), send to HTTPS (SECURE_SSL_REDIRECT) or to a login, or
are a project's own. `hubbub.journal` puts it in front of MIDDLEWARE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction
from django.urls import Resolver404, resolve
from django.utils.decorators import sync_and_async_middleware

from hubbub.http.health import healthz, readyz

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    View = Callable[[HttpRequest], Any]

ENDINGS = ("healthz", "readyz")


@sync_and_async_middleware
def answer_health(get_response: View) -> View:
    """Django's middleware, under ASGI and under WSGI."""

    async def answer(request: HttpRequest) -> HttpResponseBase:
        view = health_view(request) or get_response
        response: HttpResponseBase = await view(request)
        return response

    def answer_sync(request: HttpRequest) -> HttpResponseBase:
        view = health_view(request)
        response: HttpResponseBase = async_to_sync(view)(request) if view else get_response(request)
        return response

    return markcoroutinefunction(answer) if iscoroutinefunction(get_response) else answer_sync


def health_view(request: HttpRequest) -> View | None:
    """The view of health that a project's paths have there, if it is one of ours."""
    if not request.path_info.endswith(ENDINGS):
        return None
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return None
    return view if view in (healthz, readyz) else None
