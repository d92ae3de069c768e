"""Django's check of requests that a session's user did not mean to send, by our rule of origins.

So a page that may open a socket may post too, and one that may not may not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware

from hubbub.accounts.origins import host_asked, page_allowed

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class OriginsCsrf(CsrfViewMiddleware):
    """Django's middleware, and one more answer to where a page may come from."""

    def _origin_verified(self, request: HttpRequest) -> bool:
        if super()._origin_verified(request):  # type: ignore[misc]  # not in the stubs
            return True
        origin = request.META["HTTP_ORIGIN"].encode("latin-1", "replace").decode("latin-1")
        return page_allowed(origin, host_asked(request.headers.get), secure=request.is_secure())


def no_response(_: HttpRequest) -> HttpResponse:
    """What the middleware would call; it is only asked."""
    return HttpResponseForbidden()


def csrf_refused(request: HttpRequest) -> bool:
    """Whether a request has no token, or comes from a page that may not send it."""
    check = OriginsCsrf(no_response)
    request.csrf_processing_done = False  # type: ignore[attr-defined]
    check.process_request(request)
    return check.process_view(request, no_response, (), {}) is not None
