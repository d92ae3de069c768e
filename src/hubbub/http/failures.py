"""The one place where an exception becomes an HTTP answer.

Every failure is `{"status": "error", "message": <sentence>}`. A sentence never holds what came in.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, JsonResponse, UnreadablePostError
from msgspec import json
from ninja.errors import HttpError, ValidationError

from hubbub.errors import (
    ForbiddenError,
    InvalidFormatError,
    InvalidJSONError,
    OverloadedError,
    Refusal,
)
from hubbub.http.body import BodyTooLargeError
from hubbub.observe.events import HTTP_FAILED, HTTP_REFUSED, OVERLOADED
from hubbub.observe.report import report, report_refusal
from hubbub.wire.codec import decode_any, misfit
from hubbub.wire.plain import encode_plain

if TYPE_CHECKING:
    from django.http import HttpRequest

BAD_REQUEST = "Bad request"
NOT_FOUND = "Not found"
NOT_ALLOWED = "Method not allowed"
INTERNAL = "Internal error"

TOO_LARGE = (BodyTooLargeError.status, BodyTooLargeError.sentence)
BUSY = (OverloadedError.status, OverloadedError.sentence)

# The first that fits. A database that does not answer is a matter of waiting, so 503.
ANSWERS: tuple[tuple[type[Exception], tuple[int, str]], ...] = (
    (Http404, (404, NOT_FOUND)),
    (PermissionDenied, (403, ForbiddenError.sentence)),
    (RequestDataTooBig, TOO_LARGE),
    (SuspiciousOperation, (400, BAD_REQUEST)),
    (BadRequest, (400, BAD_REQUEST)),
    (UnreadablePostError, (400, BAD_REQUEST)),
    (OperationalError, BUSY),
    (InterfaceError, BUSY),
    (Exception, (500, INTERNAL)),
)


def answer_error(
    status: int, sentence: str, *, retry_after: float | None = None, **more: object
) -> HttpResponse:
    """An answer in the shape of every failure; `retry_after` in seconds, rounded up."""
    response = JsonResponse({"status": "error", "message": sentence} | more, status=status)
    if retry_after is not None:
        response["Retry-After"] = str(max(1, math.ceil(retry_after)))
    if status == 401:  # noqa: PLR2004 - RFC 9110 section 15.5.2 asks for the header
        response["WWW-Authenticate"] = "Bearer"
    return response


def answer_not_allowed(request: HttpRequest, allow: str) -> HttpResponse:
    """405, with the methods that the path has."""
    report(HTTP_REFUSED, "method", status=405, **asked(request))
    response = answer_error(405, NOT_ALLOWED)
    response["Allow"] = allow
    return response


def answer_failure(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer to whatever went wrong. What nobody foresaw is logged and told without detail."""
    if isinstance(error, HttpError) and isinstance(error.__cause__, Refusal):
        error = error.__cause__
    if isinstance(error, ValidationError):
        error = validation_refusal(request, error)
    if isinstance(error, Refusal):
        report_refusal(error, HTTP_REFUSED, status=error.status, **asked(request))
        return answer_refusal(error)
    if isinstance(error, HttpError):
        report(HTTP_REFUSED, "request", status=error.status_code, **asked(request))
        return answer_error(error.status_code, str(error))
    return answer_foreign(request, error)


def validation_refusal(request: HttpRequest, error: ValidationError) -> Refusal:
    """The refusal for a body or a parameter that does not fit its schema."""
    places = [problem["loc"] for problem in error.errors]
    # A place is the part of the request and the key in it, in a body after the view's argument.
    keys = [place[2:3] if place[0] == "body" else place[1:2] for place in places]
    field = next((str(key) for found in keys for key in found), "")
    if any(place[0] != "body" for place in places):
        return InvalidFormatError(field=field)
    # A body that is not there at all misses as a whole: ("body", <the view's argument>).
    return misfit(decode_any(request.body), field) if request.body else InvalidJSONError()


def answer_refusal(refusal: Refusal) -> HttpResponse:
    """The answer to a refusal of ours, with what it tells beside its sentence."""
    # As a socket tells it: a number that is none is null there, and no JSON in Django's.
    more: dict[str, Any] = json.decode(encode_plain(dict(refusal.details)))
    if refusal.field:
        more["field"] = refusal.field
    return answer_error(refusal.status, refusal.sentence, retry_after=refusal.retry_after, **more)


def answer_foreign(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer to an exception that is not ours."""
    status, sentence = next(answer for kind, answer in ANSWERS if isinstance(error, kind))
    name = type(error).__name__
    if status == BUSY[0]:
        report(OVERLOADED, "database", error=error, status=status, **asked(request))
        return answer_error(status, sentence, retry_after=OverloadedError.retry_after)
    if status < 500:  # noqa: PLR2004
        report(HTTP_REFUSED, name, status=status, **asked(request))
    else:
        report(HTTP_FAILED, name, error=error, status=status, **asked(request))
    return answer_error(status, sentence)


def asked(request: HttpRequest) -> dict[str, Any]:
    """What a line tells of a request: the path without its query, which may hold a token."""
    address = request.META.get("REMOTE_ADDR")
    return {"method": request.method, "path": request.path, "address": address}
