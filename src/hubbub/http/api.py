"""The HTTP door: Django Ninja with our failures, our body parser, and docs that need no internet.

The roof gives the endpoints' routers to `build_api` and mounts what comes back:
`path("api/", build_api({"/auth/": accounts_router}).urls)`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django.http import Http404
from django.urls import URLPattern, URLResolver, re_path
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError

from hubbub.accounts.caller_auth import CallerAuth
from hubbub.http.body import BodyParser
from hubbub.http.description import openapi_json
from hubbub.http.failures import answer_failure
from hubbub.http.guard import guard, guard_pattern, unknown_path
from hubbub.http.openapi import OfflineSwagger, document_failures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninja.main import ExcHandler
    from ninja.openapi.schema import OpenAPISchema

    Handler = ExcHandler[Exception]

# Ninja brings handlers of its own for these, and the nearest class wins.
HANDLED = (Exception, Http404, HttpError, ValidationError)


class Api(NinjaAPI):
    """A Ninja API under whose prefix every answer is JSON in the common shape."""

    def __init__(self, *, schemas: Mapping[str, Any], **options: Any) -> None:
        super().__init__(**options)
        self._schemas = schemas

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """Ninja's paths, each guarded, and one at the end that answers 404 for all others."""
        patterns, app_name, namespace = super().urls
        guarded = [guard_pattern(self._cached(pattern)) for pattern in patterns]
        return [*guarded, re_path("", guard(unknown_path))], app_name, namespace

    def _cached(self, pattern: URLPattern | URLResolver) -> URLPattern | URLResolver:
        """The same path; for the description, with a view that makes it once."""
        if isinstance(pattern, URLResolver) or pattern.name != "openapi-json":
            return pattern
        view = partial(openapi_json, api=self)
        return URLPattern(pattern.pattern, view, pattern.default_args, pattern.name)

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Ninja's schema, and in each operation the failures that every operation may answer."""
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"].update(self._schemas)
        document_failures(schema)
        return schema


def build_api(
    routers: Mapping[str, Router],
    *,
    schemas: Mapping[str, Any] | None = None,
    version: str = "1.0",
) -> Api:
    """An API of these routers, by the prefix under which each is mounted.

    `schemas` are those that a router's own descriptions refer to, by their names.
    """
    api = Api(
        schemas=schemas or {},
        title="Hubbub",
        version=version,
        description="Chat rooms, notifications and live counters.",
        docs=OfflineSwagger(),
        docs_url="/docs/",
        parser=BodyParser(),
        auth=CallerAuth(),
        urls_namespace="hubbub",
    )
    for failure in HANDLED:
        api.add_exception_handler(failure, cast("Handler", answer_failure))
    for prefix, router in routers.items():
        api.add_router(prefix, router)
    return api
