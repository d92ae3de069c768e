"""Whether the page that opens a socket may do so: a browser tells its origin, and cannot lie.

A browser asks no server before it opens a WebSocket to another site, and it sends the cookies along
(RFC 6455 section 10.2). Programs that are no browser send no Origin and are let through.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from hubbub import conf

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORTS = {"http": 80, "https": 443}
LOCAL_HOSTS = [".localhost", "127.0.0.1", "[::1]"]  # as Django's, for DEBUG without ALLOWED_HOSTS


def origin_allowed(scope: Mapping[str, Any]) -> bool:
    """True for no Origin, a listed one, or one of the very host that was asked.

    The host that was asked has to be one of ALLOWED_HOSTS, as for every page of Django; else a name
    that an attacker points at this machine would be its own origin.
    """
    origin = host = None
    for name, value in scope["headers"]:
        if name == b"origin":
            if origin is not None:
                return False
            origin = value.decode("latin-1").lower()
        elif name == b"host":
            host = value.decode("latin-1").lower()
    if origin is None:
        return True
    return listed(origin, conf.current().allowed_origins) or same_host(origin, host or "")


def listed(origin: str, allowed: tuple[str, ...]) -> bool:
    """Whether an origin is in the setting `allowed_origins`, or `*` is."""
    known = normal_origins(allowed)
    return origin in known or "*" in known


@lru_cache(maxsize=8)
def normal_origins(allowed: tuple[str, ...]) -> frozenset[str]:
    """The listed origins as browsers write them: small letters, no slash at the end."""
    return frozenset(origin.lower().rstrip("/") for origin in allowed)


def same_host(origin: str, host: str) -> bool:
    """Whether an origin's host and port are the Host header's; a port left out is the scheme's."""
    scheme, _, origin_host = origin.partition("://")
    if scheme not in DEFAULT_PORTS:
        return False
    asked = host_and_port(host, scheme)
    if asked is None or asked != host_and_port(origin_host, scheme):
        return False
    return host_served(asked[0])


def host_and_port(netloc: str, scheme: str) -> tuple[str, int] | None:
    """Take `example.org:8000` apart; None for what is no host and port."""
    try:
        parts = urlsplit(f"//{netloc}")
        port = parts.port
    except ValueError:
        return None
    name = parts.hostname
    if not name or parts.netloc != netloc or "@" in netloc:
        return None
    return f"[{name}]" if ":" in name else name, DEFAULT_PORTS[scheme] if port is None else port


def host_served(name: str) -> bool:
    """Whether Django's ALLOWED_HOSTS has this host."""
    allowed = settings.ALLOWED_HOSTS
    if settings.DEBUG and not allowed:
        allowed = LOCAL_HOSTS
    return validate_host(name.rstrip("."), allowed)
