"""The credential that a connection or a request shows, read out of its ASGI scope. No I/O.

The places, in the order that decides: `Authorization`, the subprotocol pair, `?token=`, the session
cookie. The first that holds anything is the credential; if that is bad, the later ones do not help.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.http.cookie import parse_cookie

from hubbub.errors import UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SUBPROTOCOL = "hubbub.v1"
BEARER_SUBPROTOCOL = "bearer."


class Kind(Enum):
    """What a secret has to be looked up as."""

    TOKEN = "token"  # noqa: S105 - a kind, no secret
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret that was shown, not yet looked up. Its repr keeps the secret to itself."""

    kind: Kind
    secret: str = field(repr=False)


def credential_read(scope: Mapping[str, Any]) -> Credential | None:
    """The credential of an ASGI scope, None if it shows none.

    Raises UnauthenticatedError for one that cannot be right: empty, unreadable, of an unknown
    scheme, or shown twice in one place.
    """
    authorizations: list[bytes] = []
    cookies: list[bytes] = []
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorizations.append(value)
        elif name == b"cookie":
            cookies.append(value)
    if authorizations:
        return token_credential(map(read_authorization, authorizations))
    if protocols := scope.get("subprotocols"):
        bearers = [name for name in protocols if name.startswith(BEARER_SUBPROTOCOL)]
        if bearers:
            return token_credential(read_bearer(name, protocols) for name in bearers)
    query: bytes = scope.get("query_string") or b""
    # A key may be written in percents; only then is a query without the word worth parsing.
    if (b"token" in query or b"%" in query) and (tokens := read_query(query)):
        return token_credential(tokens)
    return read_session(cookies) if cookies else None


def token_credential(secrets: Iterable[str]) -> Credential:
    """The one token that was shown. Raises UnauthenticatedError for two, or for an empty one."""
    first, *others = secrets
    if others:
        raise UnauthenticatedError("two tokens")
    return Credential(Kind.TOKEN, checked(first))


def read_authorization(value: bytes) -> str:
    """The token of `Bearer <token>`. Raises UnauthenticatedError for every other scheme."""
    scheme, _, secret = value.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise UnauthenticatedError("scheme")
    return secret.strip(" ")


def read_bearer(name: str, protocols: Iterable[str]) -> str:
    """The token of a `bearer.<token>` subprotocol.

    Raises UnauthenticatedError if `hubbub.v1` is not offered with it: the server never answers with
    the token, so such a client would be left without any subprotocol.
    """
    if SUBPROTOCOL not in protocols:
        raise UnauthenticatedError("subprotocol")
    return name.removeprefix(BEARER_SUBPROTOCOL)


def read_query(query: bytes) -> list[str]:
    """The values of every `token` in a query string."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return [value for key, value in pairs if key == "token"]


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
