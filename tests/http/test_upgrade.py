"""A plain request for a socket's path, as a proxy sends it that passes no upgrade on."""

import pytest
from django.test import override_settings

from hubbub.routing import SOCKET_PATHS
from hubbub.streams.registry import kinds

PATHS = [
    "/ws/",
    "/ws",
    "/ws/chat/general/",
    "/ws/chat/general",
    "/ws/chat/%20/",
    "/ws/notifications/",
    "/ws/notifications",
    "/ws/counter/",
    "/ws/counter/visits/",
]


@pytest.fixture(autouse=True)
def site():
    with override_settings(ROOT_URLCONF="hubbub.urls"):
        yield


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("path", PATHS)
def test_it_is_answered_426_and_told_what_is_missing(call, path, method):
    response = call(method, path)
    assert response.status_code == 426
    answer = response.json()
    assert answer["status"] == "error"
    assert "a proxy in between does not pass the Upgrade and Connection lines" in answer["message"]
    # WSGI leaves what concerns the connection to the server.
    named = {"Upgrade": response.get("Upgrade"), "Connection": response.get("Connection")}
    assert named in (
        {"Upgrade": "websocket", "Connection": "Upgrade"},
        {"Upgrade": None, "Connection": None},
    )


def test_every_socket_has_such_a_path():
    assert len(SOCKET_PATHS) == 5 + len(kinds())


@pytest.mark.parametrize("path", ["/ws//", "/ws/chat/a/b/", "/ws/x/", "/ws/notifications/x"])
def test_what_is_nobody_s_path_stays_404(call, path):
    assert call("GET", path).status_code == 404
