"""The project's roof: its own consumers beside ours."""
# ruff: noqa: E402 - consumers can be imported once Django is set up

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

django_application = get_asgi_application()

from hubbub.routing import websocket_urlpatterns
from tests.api_v1.project import consumers

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AuthMiddlewareStack(
            URLRouter(
                [
                    path("ws/own/authenticated/", consumers.WhoAmI.as_asgi()),
                    path("ws/own/limited/", consumers.RateLimitedConsumer.as_asgi()),
                    path("ws/own/member/<str:group>/", consumers.Member.as_asgi()),
                    path("ws/own/json/<str:group>/", consumers.SyncJsonMember.as_asgi()),
                    *websocket_urlpatterns,
                ]
            )
        ),
    }
)
