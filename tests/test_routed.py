"""Whether a project's ASGI application leads to our sockets."""

from functools import partial

import pytest
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import re_path

from hubbub import asgi, routing
from hubbub.routed import check_routes, leads_to_sockets
from hubbub.routing import websocket_urlpatterns

router = URLRouter([*websocket_urlpatterns])
django = get_asgi_application()


async def dispatch(scope, receive, send):
    """As the ASGI specification's own examples do it."""
    await (router if scope["type"] == "websocket" else django)(scope, receive, send)


async def dispatch_lazily(scope, receive, send):
    from hubbub.routing import websocket_urlpatterns

    await URLRouter(websocket_urlpatterns)(scope, receive, send)


async def dispatch_by_module(scope, receive, send):
    await URLRouter(routing.websocket_urlpatterns)(scope, receive, send)


async def echo(scope, receive, send):
    await send({"type": "websocket.close"})


def counted(application):
    async def call(scope, receive, send):
        await application(scope, receive, send)

    return call


class Middleware:
    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        await self.inner(scope, receive, send)


class Sockets:
    sockets = router

    async def __call__(self, scope, receive, send):
        await self.sockets(scope, receive, send)

    async def method(self, scope, receive, send):
        await self.sockets(scope, receive, send)


@pytest.mark.parametrize(
    "application",
    [
        router,
        ProtocolTypeRouter({"http": django, "websocket": router}),
        ProtocolTypeRouter(
            {"websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(Middleware(router)))}
        ),
        asgi.application,
        dispatch,
        dispatch_lazily,
        dispatch_by_module,
        counted(counted(router)),
        partial(counted(dispatch)),
        Sockets(),
        Sockets().method,
        URLRouter([re_path("^deep/", URLRouter([*websocket_urlpatterns]))]),
        routing.NAMED["ws/chat"],
    ],
)
def test_one_that_does(application):
    assert leads_to_sockets(application)


@pytest.mark.parametrize(
    "application",
    [
        django,
        echo,
        counted(django),
        Middleware(echo),
        ProtocolTypeRouter({"http": django}),
        ProtocolTypeRouter({"http": django, "websocket": URLRouter([re_path("^own$", echo)])}),
    ],
)
def test_one_that_does_not(application, settings):
    settings.ASGI_APPLICATION = "shop.asgi.application"
    (warning,) = check_routes(application)
    assert warning.id == "hubbub.W011"
    assert "'shop.asgi.application'" in warning.msg
