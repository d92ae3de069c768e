"""`/api/openapi.json`: made once, and sent again only to a client that does not have it."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpResponse
from django.urls import get_script_prefix
from django.utils.cache import get_conditional_response
from ninja.responses import Response

from hubbub import conf
from hubbub.accounts.caller import ANONYMOUS
from hubbub.accounts.caller_auth import address_of
from hubbub.http.endpoint import check_read_rate

if TYPE_CHECKING:
    from django.http import HttpRequest
    from ninja import NinjaAPI

#: Prefixes under which one process is mounted: one, unless a test asks.
PREFIXES = 4


def openapi_json(request: HttpRequest, api: NinjaAPI, **_: Any) -> HttpResponse:
    """The description; 304 for a client whose If-None-Match names it. Raises RateLimitedError."""
    check_read_rate(conf.current(), ANONYMOUS, address_of(request))
    body, etag = describe(api, get_script_prefix())
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["ETag"] = etag
    # The cache for a whole site of an older Django 5.2 goes by the second alone.
    response["Cache-Control"] = "no-cache, max-age=0"
    return cast("HttpResponse", get_conditional_response(request, etag=etag, response=response))


@lru_cache(maxsize=PREFIXES)
def describe(api: NinjaAPI, prefix: str) -> tuple[bytes, str]:
    """The description as JSON, and its ETag. It takes 15 ms, and its paths begin with `prefix`."""
    del prefix  # Ninja looks it up itself
    body = Response(api.get_openapi_schema()).content
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
