"""What the OpenAPI description adds to Ninja's: the failures, and docs that need no internet."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.apps import apps
from ninja import Swagger
from ninja.errors import HttpError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from ninja import NinjaAPI

FAILURE = "Failure"
FAILURE_SCHEMA = {
    "title": FAILURE,
    "description": "Why there is no success: one sentence.",
    "type": "object",
    "properties": {
        "status": {"const": "error"},
        "message": {"type": "string"},
        "field": {"type": "string", "description": "The key that is at fault, where it is one."},
        "unknown": {"type": "array", "description": "Recipients that are no users."},
    },
    "required": ["status", "message"],
}
ALWAYS = (400, 401, 403, 404, 405, 429, 503)
WITH_BODY = (413, 415)
WAITING = (429, 503)
RETRY_AFTER = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}


class OfflineSwagger(Swagger):
    """Swagger UI from Ninja's own static files, and never from somebody else's server."""

    def __init__(self) -> None:
        # Unless told not to, Swagger UI shows the schema's address to a validator on the internet.
        super().__init__({"validatorUrl": None})

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """The page. Raises HttpError where Ninja's files are not installed."""
        if not apps.is_installed("ninja"):
            raise HttpError(404, "The docs need ninja in INSTALLED_APPS")
        return super().render_page(request, api, **kwargs)


def document_failures(schema: dict[str, Any]) -> None:
    """Add to every operation of an OpenAPI schema the failures that it may answer."""
    schema["components"]["schemas"][FAILURE] = FAILURE_SCHEMA
    for path in schema["paths"].values():
        for operation in path.values():
            statuses = ALWAYS + (WITH_BODY if "requestBody" in operation else ())
            for status in statuses:
                operation["responses"].setdefault(status, describe_failure(status))


def describe_failure(status: int) -> dict[str, Any]:
    """One failure as OpenAPI describes an answer."""
    reference = {"$ref": f"#/components/schemas/{FAILURE}"}
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {"application/json": {"schema": reference}},
    }
    if status in WAITING:
        answer["headers"] = {"Retry-After": RETRY_AFTER}
    return answer
