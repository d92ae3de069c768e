"""The credential that a connection or a request shows, read out of its ASGI scope. No I/O.

The places, in the order that decides: `Authorization`, the subprotocol pair, `?token=`, `?ticket=`,
the session cookie. The first that holds anything is the credential; if that is bad, the later ones
do not help. HTTP has no use for those in between: servers on the way would log an address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.http.cookie import parse_cookie

from hubbub.errors import UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SUBPROTOCOL = "hubbub.v1"
BEARER_SUBPROTOCOL = "bearer."


#: What a token of ours looks like: its beginning lets scanners know a leaked one, and 32 bytes are
#: 43 characters of base64.
PREFIX = "hub_"
SHAPE = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")
TICKET_PREFIX = "hubt_"
TICKET_SHAPE = re.compile(TICKET_PREFIX + r"[A-Za-z0-9_-]{43}")


class Kind(Enum):
    """What a user was known by: what was shown had to be looked up as, or what others had seen."""

    TOKEN = "token"  # noqa: S105 - a kind, no secret
    SESSION = "session"
    USER = "user"
    JWT = "jwt"
    OWN = "own"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret that was shown, not yet looked up. Its repr keeps the secret to itself."""

    kind: Kind
    secret: str = field(repr=False)


def credential_read(scope: Mapping[str, Any], *, bearer: bool = True) -> Credential | None:
    """The credential of an ASGI scope, None if it shows none.

    Without `bearer` only a session is looked for. Raises UnauthenticatedError for one that cannot
    be right: empty, unreadable, or shown twice in one place.
    """
    authorizations: list[bytes] = []
    cookies: list[bytes] = []
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorizations.append(value)
        elif name == b"cookie":
            cookies.append(value)
    if bearer:
        shown = read_authorizations(authorizations) if authorizations else []
        if shown or (shown := read_address(scope)):
            return only_credential(Kind.TOKEN, shown)
    if tickets := read_query(scope, "ticket"):
        return only_credential(Kind.TICKET, tickets)
    return read_session(cookies) if cookies else None


def only_credential(kind: Kind, secrets: Sequence[str]) -> Credential:
    """The one secret that was shown. Raises UnauthenticatedError for two, or for an empty one."""
    if len(secrets) > 1:
        raise UnauthenticatedError(f"two {kind.value}s")
    return Credential(kind, checked(secrets[0]))


def read_authorizations(values: Iterable[bytes]) -> list[str]:
    """The tokens of `Bearer <token>` in the headers `Authorization`.

    Another scheme is somebody else's, such as that of a proxy that asks for a password (RFC 9110
    section 11.6.2). Raises UnauthenticatedError for our token under another, and for no scheme.
    """
    tokens: list[str] = []
    for value in values:
        text = value.decode("latin-1").strip()
        scheme, _, secret = text.partition(" ")
        if scheme.lower() == "bearer":
            tokens.append(secret.strip(" "))
        elif not scheme or SHAPE.search(text):
            raise UnauthenticatedError("scheme")
    return tokens


def read_address(scope: Mapping[str, Any]) -> list[str]:
    """The tokens of what a browser's socket can show: its subprotocols, else its query."""
    if scope.get("type") != "http" and (protocols := scope.get("subprotocols")):
        bearers = [name for name in protocols if name.startswith(BEARER_SUBPROTOCOL)]
        if bearers:
            return [read_bearer(name, protocols) for name in bearers]
    return read_query(scope, "token")


def read_bearer(name: str, protocols: Iterable[str]) -> str:
    """The token of a `bearer.<token>` subprotocol.

    Raises UnauthenticatedError if `hubbub.v1` is not offered with it: the server never answers with
    the token, so such a client would be left without any subprotocol.
    """
    if SUBPROTOCOL not in protocols:
        raise UnauthenticatedError("subprotocol")
    return name.removeprefix(BEARER_SUBPROTOCOL)


def read_query(scope: Mapping[str, Any], name: str) -> list[str]:
    """The values of every parameter of a name in the query of a socket's address."""
    query: bytes = scope.get("query_string") or b""
    # A key may be written in percents; only then is a query without the word worth parsing.
    if (
        not query
        or scope.get("type") == "http"
        or (name.encode() not in query and b"%" not in query)
    ):
        return []
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return [value for key, value in pairs if key == name]


def read_session(cookies: list[bytes]) -> Credential | None:
    """The session key, from however many Cookie headers; None where no such cookie is."""
    name = settings.SESSION_COOKIE_NAME
    text = b"; ".join(cookies).decode("latin-1")
    if name not in text:
        return None
    secret = parse_cookie(text).get(name)
    return None if secret is None else Credential(Kind.SESSION, checked(secret))


def checked(secret: str) -> str:
    """The secret itself, if it is text that a database can be asked for."""
    if not secret or not secret.isascii() or not secret.isprintable():
        raise UnauthenticatedError("malformed")
    return secret
