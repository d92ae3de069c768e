"""Django's ASGI handler, for requests whose head Django cannot read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.handlers.asgi import ASGIHandler

from hubbub.http.failures import BAD_REQUEST, answer_error
from hubbub.observe.events import HTTP_REFUSED
from hubbub.observe.report import report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.handlers.asgi import ASGIRequest
    from django.http.response import HttpResponseBase


class Handler(ASGIHandler):
    """Answers 400 where Django raises ValueError before there is a request.

    It does at a parameter of Content-Type in an encoding that there is not (`a*=x''b`, RFC 2231).
    """

    def create_request(
        self, scope: Mapping[str, Any], body_file: Any
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """The request; or None, and the answer."""
        try:
            return super().create_request(scope, body_file)
        except ValueError:
            client = scope.get("client")
            about = {"method": scope["method"], "path": scope["path"]}
            report(HTTP_REFUSED, "head", status=400, address=client and client[0], **about)
            return None, answer_error(400, BAD_REQUEST)
