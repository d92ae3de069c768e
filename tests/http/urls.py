"""The HTTP door with endpoints that fail in every way, for the tests of the door itself."""

from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.urls import include, path
from ninja import Router, Schema
from ninja.errors import HttpError

from hubbub import errors
from hubbub.accounts.api import router as auth_router
from hubbub.accounts.caller_auth import caller_of
from hubbub.chat.api import router as chat_router
from hubbub.counter.api import router as counter_router
from hubbub.http.api import build_api
from hubbub.http.health import healthz, readyz
from hubbub.notifications.api import router as notifications_router

SECRET_DETAIL = "the password is swordfish"
trial = Router()


class Number(Schema):
    number: int


def raise_it(name: str) -> None:
    failures: dict[str, Exception] = {
        "http404": Http404(SECRET_DETAIL),
        "denied": PermissionDenied(SECRET_DETAIL),
        "suspicious": SuspiciousOperation(SECRET_DETAIL),
        "bad": BadRequest(SECRET_DETAIL),
        "unreadable": UnreadablePostError(SECRET_DETAIL),
        "locked": OperationalError(SECRET_DETAIL),
        "closed": InterfaceError(SECRET_DETAIL),
        "unforeseen": ZeroDivisionError(SECRET_DETAIL),
        "ninja": HttpError(418, "I am a teapot"),
        "rate": errors.RateLimitedError(2.1),
        "busy": errors.OverloadedError(),
        "format": errors.InvalidFormatError(),
    }
    raise failures[name]


@trial.get("/async/{name}/", include_in_schema=False)
async def fail_async(request: HttpRequest, name: str) -> None:
    raise_it(name)


@trial.get("/sync/{name}/", include_in_schema=False)
def fail_sync(request: HttpRequest, name: str) -> None:
    raise_it(name)


@trial.post("/number/", auth=None, include_in_schema=False)
async def post_number(request: HttpRequest, body: Number) -> dict[str, Any]:
    return {"number": body.number}


@trial.get("/number/", auth=None, include_in_schema=False)
async def get_number(request: HttpRequest, number: int) -> dict[str, Any]:
    return {"number": number}


@trial.api_operation(["GET", "POST"], "/me/", include_in_schema=False)
async def me(request: HttpRequest) -> dict[str, Any]:
    caller = caller_of(request)
    return {"user_id": caller.user_id, "username": caller.username, "is_staff": caller.is_staff}


api = build_api(
    {
        "/auth/": auth_router,
        "/chat/": chat_router,
        "/counter/": counter_router,
        "/notifications/": notifications_router,
        "/trial/": trial,
    }
)
urlpatterns = [
    path("api/included/", include([])),
    path("api/", api.urls),
    path("page/", lambda request: HttpResponse("a page of the project's")),
    path("healthz", healthz),
    path("readyz", readyz),
]
