"""Which streams an account sees in Django's admin that is no superuser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

_views: dict[str, Callable[[HttpRequest, str], Q]] = {}


def open_view(kind: str, seen: Callable[[HttpRequest, str], Q]) -> None:
    """Have an account see only those streams of a kind that it may know of.

    `seen(request, start)` is a condition on `name`, of rows whose names have that before them.
    """
    _views[kind] = seen


def streams_seen(request: HttpRequest) -> Q:
    """Which rows an account sees that are named by the streams of all kinds."""
    found = Q()
    for kind in _views:
        start = f"{kind}:"
        condition = seen_of(kind, request, start)
        if condition:  # an empty one would not count beside another
            found &= ~Q(name__startswith=start) | condition
    return found


def seen_of(kind: str, request: HttpRequest, start: str = "") -> Q:
    """Which rows an account sees that are named by the streams of a kind, with `start` before."""
    seen = _views.get(kind)
    return Q() if seen is None else seen(request, start)
