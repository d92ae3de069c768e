"""Whether a page may speak to us with its reader's session: a browser tells its origin.

A browser asks no server before it opens a WebSocket to another site, and it sends the cookies along
(RFC 6455 section 10.2). Programs that are no browser send no Origin and are let through. The rule
is that of Django's CsrfViewMiddleware, and so are the settings; but where nobody says by what
scheme a request came to a proxy, a page of either scheme is taken.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import normalize
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.utils.http import is_same_domain

from hubbub import conf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Header = Callable[[str], str | None]

DEFAULT_PORTS = {"http": 80, "https": 443}
LOCAL_HOSTS = [".localhost", "127.0.0.1", "[::1]"]  # as Django's, for DEBUG without ALLOWED_HOSTS
SECURE = ("https", "wss")
#: A scheme, a host and perhaps a port (RFC 6454 section 6.1).
ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#@\\\s]+?)(:[0-9]*)?")
WITH_PORT = re.compile(r":[0-9]*\Z")


class Listed(NamedTuple):
    """The origins of the settings: these, and all below some domain, by scheme."""

    origins: frozenset[str]
    domains: tuple[tuple[str, str], ...]


def origin_allowed(scope: Mapping[str, Any]) -> bool:
    """True for no Origin, a listed one, or one of the very host that was asked.

    The host that was asked has to be one of ALLOWED_HOSTS, as for every page of Django; else a name
    that an attacker points at this machine would be its own origin.
    """
    origins = [value for name, value in scope["headers"] if name == b"origin"]
    if not origins:
        return True
    if len(origins) > 1:
        return False
    header = partial(read_header, scope)
    secure = is_secure(header, scope.get("scheme", ""))
    return page_allowed(origins[0].decode("latin-1"), host_asked(header), secure=secure)


def page_allowed(origin: str, host: str, *, secure: bool) -> bool:
    """Whether an origin is listed, or the host's own; `secure`: the request came by TLS."""
    return is_listed(origin) or same_host(origin.lower(), host, secure=secure)


def read_header(scope: Mapping[str, Any], name: str) -> str | None:
    """A header of a request; one that came twice with commas between, as in Django."""
    key = name.encode()
    values = [value for known, value in scope["headers"] if known == key]
    return b",".join(values).decode("latin-1") if values else None


def host_asked(header: Header) -> str:
    """The host that was asked for; a proxy's word on it where the project's settings trust it."""
    forwarded = header("x-forwarded-host") if settings.USE_X_FORWARDED_HOST else None
    host = (header("host") or "") if forwarded is None else forwarded
    # A proxy may name the host without the port that it was reached by.
    port = header("x-forwarded-port") if settings.USE_X_FORWARDED_PORT else None
    return host.lower() if port is None or WITH_PORT.search(host) else f"{host}:{port}".lower()


def is_secure(header: Header, scheme: str) -> bool:
    """Whether a request came by TLS; a proxy's word goes before the connection's scheme."""
    if settings.SECURE_PROXY_SSL_HEADER:
        key, value = settings.SECURE_PROXY_SSL_HEADER
        told = header(key.removeprefix("HTTP_").replace("_", "-").lower())
        if told is not None:
            return told.partition(",")[0].strip() == value
    return scheme in SECURE


def is_listed(origin: str) -> bool:
    """Whether an origin is in HUBBUB_ALLOWED_ORIGINS or CSRF_TRUSTED_ORIGINS."""
    known = read_listed((*conf.current().allowed_origins, *settings.CSRF_TRUSTED_ORIGINS))
    page = normal(origin)
    if page in known.origins or "*" in known.origins:
        return True
    if not (known.domains and ORIGIN.fullmatch(page)):
        return False
    scheme, _, place = page.partition("://")
    return any(scheme == one and is_same_domain(place, domain) for one, domain in known.domains)


@lru_cache(maxsize=8)
def read_listed(allowed: tuple[str, ...]) -> Listed:
    """What the settings list; `https://*.example.org` is every page of that domain, and its own."""
    origins = [normal(origin) for origin in allowed]
    parts = [origin.partition("://") for origin in origins]
    domains = tuple((scheme, place[1:]) for scheme, _, place in parts if place.startswith("*."))
    return Listed(frozenset(origins), domains)


def normal(origin: str) -> str:
    """An origin as browsers write it: small ASCII letters, and no port that is its scheme's."""
    text = origin.strip().lower().rstrip("/")
    match = ORIGIN.fullmatch(text)
    if match is None:
        return text  # such as null
    scheme, host, port = match.groups("")
    name = ".".join(label if label.isascii() else in_ascii(label) for label in host.split("."))
    usual = port in {":", f":{DEFAULT_PORTS.get(scheme)}"}
    return f"{scheme}://{name.rstrip('.')}{'' if usual else port}"


def in_ascii(label: str) -> str:
    """A part of an internationalised name as browsers send it (RFC 5891 section 4.4)."""
    return "xn--" + normalize("NFC", label).encode("punycode").decode()


def same_host(origin: str, host: str, *, secure: bool = False) -> bool:
    """Whether an origin's host and port are the Host header's; a port left out is the scheme's."""
    scheme, _, origin_host = origin.partition("://")
    if scheme not in DEFAULT_PORTS or (secure and scheme != "https"):
        return False
    asked = host_and_port(host, scheme)
    if asked is None or asked != host_and_port(origin_host, scheme):
        return False
    return host_served(asked[0])


def host_and_port(netloc: str, scheme: str) -> tuple[str, int] | None:
    """Take `example.org:8000` apart, without a dot at the name's end; None for no host and port."""
    try:
        parts = urlsplit(f"//{netloc}")
        port = parts.port
    except ValueError:
        return None
    name = (parts.hostname or "").removesuffix(".")
    if not name or parts.netloc != netloc or "@" in netloc:
        return None
    return f"[{name}]" if ":" in name else name, DEFAULT_PORTS[scheme] if port is None else port


def host_served(name: str) -> bool:
    """Whether Django's ALLOWED_HOSTS has this host."""
    allowed = settings.ALLOWED_HOSTS
    if settings.DEBUG and not allowed:
        allowed = LOCAL_HOSTS
    return validate_host(name, allowed)
