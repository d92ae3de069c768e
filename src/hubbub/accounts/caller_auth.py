"""Who is speaking in an HTTP request: Django Ninja's `auth` for every endpoint.

By the same list as on a socket, `HUBBUB_AUTHENTICATION`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ninja.security.base import AuthBase

from hubbub.accounts.credentials import Credential, credential_read
from hubbub.accounts.csrf import csrf_refused
from hubbub.accounts.identify import known_by
from hubbub.accounts.ways import SessionWay
from hubbub.crossing import in_database
from hubbub.errors import ForbiddenError
from hubbub.limits.network import network_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.http import HttpRequest

    from hubbub.accounts.caller import Caller
    from hubbub.accounts.ways import Way

# `openapi_extra` of an endpoint that anonymous callers may use too.
OPTIONAL: dict[str, Any] = {"security": [{}]}

#: Schemes in which a browser signs requests in by itself.
UNASKED = frozenset({b"basic", b"digest", b"negotiate", b"ntlm"})


class CsrfRefusedError(ForbiddenError):
    """A session user's request came without the token that only the site's own pages know."""

    sentence = "CSRF token missing or wrong"


class CallerAuth(AuthBase):
    """Puts a Caller into `request.auth`: whom the list knows, or ANONYMOUS.

    Raises UnauthenticatedError for a bad credential, CsrfRefusedError without X-CSRFToken where a
    page of another site could have made the request: not with a bearer token, nor for nobody.
    """

    csrf = True  # has the docs page send X-CSRFToken
    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = (
        "A token from POST /api/auth/token/. A Django session cookie does too, with the header "
        "X-CSRFToken."
    )

    async def __call__(self, request: HttpRequest) -> Caller:
        """Find the caller of a request."""
        scope = scope_of(request)
        caller, way = await known_by(scope)
        unasked = way is not None and way.csrf and not is_deliberate(scope, way)
        if unasked and await in_database(csrf_refused, request):
            raise CsrfRefusedError("csrf")
        return caller


def request_credential(request: HttpRequest) -> Credential | None:
    """The credential of an HTTP request, under ASGI or WSGI. Raises UnauthenticatedError."""
    return credential_read(scope_of(request))


def scope_of(request: HttpRequest) -> dict[str, Any]:
    """The ASGI scope of a request, under ASGI or WSGI, with the headers as a middleware left them.

    `user` is `request.user`, where a middleware of the project has put one.
    """
    about = {
        "type": "http",
        "method": request.method,
        "path": request.path,
        "query_string": str(request.META.get("QUERY_STRING") or "").encode("latin-1", "replace"),
        "headers": list(headers_of(request.META)),
        "client": (request.META.get("REMOTE_ADDR") or "", 0),
        "user": getattr(request, "user", None),
        "session": getattr(request, "session", None),
    }
    return dict(getattr(request, "scope", {})) | about


def headers_of(environ: Mapping[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    """The headers of a request. Of several `Authorization`s each, which servers join by a comma."""
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            name = key[len("HTTP_") :].lower().replace("_", "-").encode()
            values = str(value).split(",") if name == b"authorization" else [str(value)]
            for one in values:
                yield name, one.encode("latin-1", "replace")


def is_deliberate(scope: Mapping[str, Any], way: Way) -> bool:
    """Whether no page of another site can have made a request, other than one with a session.

    It cannot write the header Authorization, but a browser may, in some schemes.
    """
    schemes = [
        value.partition(b" ")[0].lower()
        for name, value in scope["headers"]
        if name == b"authorization"
    ]
    return not isinstance(way, SessionWay) and not UNASKED.issuperset(schemes)


def address_of(request: HttpRequest) -> str:
    """The network address that a request comes from."""
    return network_of(request.META.get("REMOTE_ADDR") or "")


def caller_of(request: HttpRequest) -> Caller:
    """The Caller that CallerAuth found, for a view."""
    return cast("Caller", request.auth)  # type: ignore[attr-defined]
