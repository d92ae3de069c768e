"""A wrapper around every path under the API: no answer leaves it in another shape.

Django Ninja turns what a view raises into an answer. It leaves out what its own pages raise, and
answers 405 in plain text.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import connections, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, URLResolver

from hubbub.http.failures import answer_failure, answer_not_allowed

View = Callable[..., Any]


def guard_pattern(pattern: URLPattern | URLResolver) -> URLPattern | URLResolver:
    """The same path with its view guarded."""
    if isinstance(pattern, URLResolver):
        return pattern
    view = guard(pattern.callback)
    return URLPattern(pattern.pattern, view, pattern.default_args, pattern.name)


def guard(view: View) -> View:
    """The same view, async if it was, with every failure answered in the common shape.

    It is exempt from Django's CSRF middleware, whose refusal is a page, and from the one that sends
    all to a login (LoginRequiredMiddleware): CallerAuth checks instead.
    """
    guarded = guard_async(view) if iscoroutinefunction(view) else guard_sync(view)
    guarded.csrf_exempt = True  # type: ignore[attr-defined]
    return login_not_required(outside_transactions(guarded))


def outside_transactions(view: View) -> View:
    """The same view, around which `ATOMIC_REQUESTS` opens no transaction on any database.

    Django cannot do it around an async view, and refuses to call one. What a view of ours stores,
    it stores in a transaction of its own.
    """
    for alias in connections:
        transaction.non_atomic_requests(using=alias)(view)
    return view


def guard_async(view: View) -> View:
    """`guard` for an `async def`."""

    async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = shaped(request, await view(request, *args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the last place before Django's error pages
            response = answer_failure(request, error)
        return not_to_be_kept(response)

    return wraps(view)(guarded)


def guard_sync(view: View) -> View:
    """`guard` for a `def`, or for a partial of one."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = shaped(request, view(request, *args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the last place before Django's error pages
            response = answer_failure(request, error)
        return not_to_be_kept(response)

    return wraps(view)(guarded)


def shaped(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response itself, or in its stead our own 405."""
    if isinstance(response, HttpResponseNotAllowed):
        allowed = sorted(method.strip() for method in response["Allow"].split(","))
        return answer_not_allowed(request, ", ".join(allowed))
    return response


def not_to_be_kept(response: HttpResponse) -> HttpResponse:
    """The response itself, which no cache keeps: Django's for a whole site, a proxy's, a browser's.

    It is one caller's, whatever that was known by, and a moment later another one is right. The
    cache for a whole site of an older Django 5.2 goes by `private` alone.
    """
    response.headers.setdefault("Cache-Control", "no-store, private")
    return response


def unknown_path(request: HttpRequest, **_: Any) -> HttpResponse:
    """The view of every path that is none. Raises Http404."""
    raise Http404(request.path)
