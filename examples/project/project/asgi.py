"""The project's ASGI application: its own pages and sockets, and Hubbub's sockets beside them."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path
from orders.consumers import OrderConsumer

from hubbub.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": URLRouter(
            [
                path("ws/orders/", AuthMiddlewareStack(OrderConsumer.as_asgi())),
                *websocket_urlpatterns,
            ]
        ),
    }
)
