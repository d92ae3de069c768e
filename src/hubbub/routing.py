"""The paths of the three sockets, for Channels' `URLRouter` and for `hubbub.asgi`."""

from __future__ import annotations

import re
from typing import Any, cast

from django.conf import settings
from django.urls import re_path

from hubbub.chat.consumer import ChatConsumer
from hubbub.counter.consumer import CounterConsumer
from hubbub.counter.messages import GLOBAL
from hubbub.neighbours import take_seat_of_a_server
from hubbub.notifications.consumer import NotificationConsumer
from hubbub.sockets.door import Door, not_found

chat = Door(ChatConsumer, requires_user="chat_requires_user")
notifications = Door(NotificationConsumer, requires_user="notifications_requires_user")
counter = Door(CounterConsumer, requires_user="counter_requires_user", default_name=GLOBAL)

#: A server that is told nothing of it gives a path with what a proxy kept before it.
ROOT = re.escape((settings.FORCE_SCRIPT_NAME or "").strip("/"))
WS = f"^(?:{ROOT}/)?ws" if ROOT else "^ws"

SOCKET_PATHS: tuple[tuple[str, Any], ...] = (
    (WS + r"/chat/(?P<name>[^/]*)/?$", chat),
    (WS + r"/notifications/?$", notifications),
    (WS + r"/counter/?$", counter),
    (WS + r"/counter/(?P<name>[^/]+)/?$", counter),
)
#: The last one answers 404 below our own prefixes; other paths stay the project's.
websocket_urlpatterns = [
    *(re_path(path, door) for path, door in SOCKET_PATHS),
    re_path(WS + r"/(?:chat|notifications|counter)(?:/|$)", cast("Any", not_found)),
]

take_seat_of_a_server()
