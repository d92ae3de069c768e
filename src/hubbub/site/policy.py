"""The Content-Security-Policy of the site's pages: their own files, and nothing else."""

from __future__ import annotations

from http import HTTPStatus
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING

from django.utils.decorators import sync_and_async_middleware

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
BAD = HTTPStatus.BAD_REQUEST


def policy(host: str) -> str:
    """The policy of a page of `host`; not every browser takes the sockets of 'self' for its own."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        f" font-src 'self'; connect-src 'self' ws://{host} wss://{host}; manifest-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def add_policy(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Set the header on HTML that has none of its own; a bad Host was answered with 400 already."""
    if response.get("Content-Type", "").startswith("text/html") and response.status_code != BAD:
        response.headers.setdefault(HEADER, policy(request.get_host()))
    return response


@sync_and_async_middleware
def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]],
) -> Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]:
    """Middleware that adds the policy to every page."""
    if iscoroutinefunction(get_response):

        async def answer(request: HttpRequest) -> HttpResponse:
            return add_policy(request, await get_response(request))

        return answer

    def answer_sync(request: HttpRequest) -> HttpResponse:
        return add_policy(request, get_response(request))  # type: ignore[arg-type]

    return answer_sync
