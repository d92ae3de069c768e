"""The answer to a plain request for a socket's path: what was missing, and who left it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_not_required
from django.core.handlers.asgi import ASGIRequest
from django.views.decorators.csrf import csrf_exempt

from hubbub.http.failures import answer_error
from hubbub.http.guard import outside_transactions

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

STATUS = 426
SENTENCE = (
    "This is a WebSocket, and the request came without an upgrade to one. If a client asked for"
    " it, a proxy in between does not pass the Upgrade and Connection lines on over HTTP/1.1."
)


@csrf_exempt
@login_not_required
@outside_transactions
def upgrade_required(request: HttpRequest, **_: Any) -> HttpResponse:
    """426, with the protocol to upgrade to (RFC 9110 section 15.5.22)."""
    response = answer_error(STATUS, SENTENCE)
    if isinstance(request, ASGIRequest):  # WSGI leaves these headers to the server (PEP 3333)
        response["Upgrade"] = "websocket"
        response["Connection"] = "Upgrade"
    return response
