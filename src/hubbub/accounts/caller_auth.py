"""Who is speaking in an HTTP request: Django Ninja's `auth` for every endpoint.

The same credentials as on a socket, less the places that HTTP has no use for: the subprotocol, and
`?token=`, which servers between would write into their logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ninja.security.base import AuthBase

from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.accounts.credentials import Credential, Kind, credential_read
from hubbub.accounts.csrf import csrf_refused
from hubbub.accounts.identify import caller_find
from hubbub.crossing import in_database
from hubbub.errors import ForbiddenError
from hubbub.limits.network import network_of

if TYPE_CHECKING:
    from django.http import HttpRequest

# `openapi_extra` of an endpoint that anonymous callers may use too.
OPTIONAL: dict[str, Any] = {"security": [{}]}

SHOWN = ((b"authorization", "HTTP_AUTHORIZATION"), (b"cookie", "HTTP_COOKIE"))


class CsrfRefusedError(ForbiddenError):
    """A session user's request came without the token that only the site's own pages know."""

    sentence = "CSRF token missing or wrong"


class CallerAuth(AuthBase):
    """Puts a Caller into `request.auth`: a bearer token's user, a session's, or ANONYMOUS.

    Raises UnauthenticatedError for a bad credential, CsrfRefusedError for a session user without
    X-CSRFToken. Bearer and anonymous requests need none: no page of another site can make them.
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
        credential = request_credential(request)
        if credential is None:
            return ANONYMOUS
        return await in_database(request_caller, request, credential)


def request_credential(request: HttpRequest) -> Credential | None:
    """The credential of an HTTP request, under ASGI or WSGI. Raises UnauthenticatedError."""
    headers = [
        (name, str(request.META[key]).encode("latin-1", "replace"))
        for name, key in SHOWN
        if key in request.META
    ]
    return credential_read({"headers": headers})


def request_caller(request: HttpRequest, credential: Credential) -> Caller:
    """Look the credential up and, for a session's user, the CSRF token. Blocking."""
    caller = caller_find(credential=credential)
    if credential.kind is Kind.SESSION and caller.user_id is not None and csrf_refused(request):
        raise CsrfRefusedError("csrf")
    return caller


def address_of(request: HttpRequest) -> str:
    """The network address that a request comes from."""
    return network_of(request.META.get("REMOTE_ADDR") or "")


def caller_of(request: HttpRequest) -> Caller:
    """The Caller that CallerAuth found, for a view."""
    return cast("Caller", request.auth)  # type: ignore[attr-defined]
