"""The body of a request: JSON of a bounded size, read with the same strictness as a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ninja.parser import Parser

from hubbub import conf
from hubbub.errors import Refusal
from hubbub.wire.codec import decode_any

if TYPE_CHECKING:
    from django.http import HttpRequest

MEDIA_TYPE = "application/json"


class BodyTooLargeError(Refusal):
    """The body is over the setting `max_frame`, or over Django's DATA_UPLOAD_MAX_MEMORY_SIZE."""

    sentence = "Body too large"
    code = "too_large"
    status = 413


class UnsupportedBodyError(Refusal):
    """The body is said to be something else than JSON."""

    sentence = "Content-Type must be application/json"
    code = "unsupported"
    status = 415


class BodyParser(Parser):
    """Reads bodies for Django Ninja.

    Ninja wraps what is raised here into its own HttpError; `failures` looks at that one's cause.
    """

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Read the body, which is not empty. Raises the Refusals above and InvalidJSONError."""
        return cast("dict[str, Any]", decode_any(take_body(request)))


def take_body(request: HttpRequest) -> bytes:
    """The body, as JSON that is not read yet. Raises the Refusals above."""
    if request.content_type != MEDIA_TYPE:
        raise UnsupportedBodyError
    if len(request.body) > conf.current().max_frame:
        raise BodyTooLargeError
    return request.body
