"""The paths of the sockets, for Channels' `URLRouter` and for `hubbub.asgi`."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.urls import re_path
from django.utils.module_loading import import_string

from hubbub.neighbours import take_seat_of_a_server
from hubbub.sockets.door import Door, not_found
from hubbub.streams.consumer import Consumer
from hubbub.streams.one_socket import OneSocket, Served
from hubbub.streams.registry import built_in, kinds

#: What is served, by the word before a stream's own name.
SERVED = {
    **{kind.kind: Served(partial(Consumer, kind)) for kind in kinds()},
    **{
        kind.kind: Served(import_string(kind.consumer), kind.requires_user, kind.alone)
        for kind in built_in()
    },
}


def door_to(word: str, default_name: str = "") -> Door:
    """The socket of one stream of a word."""
    served = SERVED[word]
    return Door(served.make, requires_user=served.requires_user, default_name=default_name)


#: The doors by their paths, where a name follows and where none does.
NAMED = {
    **{kind.prefix: door_to(kind.kind) for kind in kinds()},
    **{kind.prefix: door_to(kind.kind, kind.default_name) for kind in built_in() if not kind.alone},
}
UNNAMED = {
    kind.prefix: NAMED.get(kind.prefix) or door_to(kind.kind)
    for kind in built_in()
    if kind.alone or kind.default_name
}
#: Below these all is ours.
OURS = "|".join(map(re.escape, NAMED | UNNAMED))
#: And the socket for many streams, beside whose path a project may have its own.
ONE = "ws"
UNNAMED[ONE] = Door(partial(OneSocket, SERVED), added=True)

#: A server that is told nothing of it gives a path with what a proxy kept before it.
ROOT = re.escape((settings.FORCE_SCRIPT_NAME or "").strip("/"))
START = f"^(?:{ROOT}/)?" if ROOT else "^"


def named_paths(doors: dict[str, Any]) -> list[tuple[str, Any]]:
    """The paths where a name follows. A kind's path may lie below another's, and takes no name."""
    return [(f"{START}{re.escape(path)}/(?P<name>[^/]+)/?$", door) for path, door in doors.items()]


SOCKET_PATHS: tuple[tuple[str, Any], ...] = (
    *((f"{START}{re.escape(path)}/?$", door) for path, door in UNNAMED.items()),
    *named_paths(NAMED),
)
#: The last one answers 404 below our own prefixes; other paths stay the project's.
websocket_urlpatterns = [
    *(re_path(path, door) for path, door in SOCKET_PATHS),
    re_path(f"{START}(?:{OURS})(?:/|$)", cast("Any", not_found)),
]

take_seat_of_a_server()
