"""Whatever one client floods a socket with, it is sent away, and others are served meanwhile."""

from contextlib import suppress
from threading import Thread

import pytest

from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.server.peer import BINARY, CONTINUED, PING, TEXT, client_frame, opened

ENDPOINTS = ["/ws/chat/flooded/", "/ws/notifications/", "/ws/counter/"]
FLOODS = {
    "messages": client_frame(TEXT, b'{"type":"chat_message","message":"hi"}'),
    "junk": client_frame(TEXT, b"{" * 40),
    "nothing": client_frame(TEXT),
    "binary junk": client_frame(BINARY, b"\xff\xfe"),
    "pings of a page": client_frame(TEXT, b'{"type":"ping"}'),
    "pings": client_frame(PING),
    "fragments": client_frame(TEXT, final=False) + client_frame(CONTINUED),
}
MANY = 20_000


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("floods")) as server:
        yield server


@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("path", ENDPOINTS)
async def test_a_flood_ends_with_4429_and_another_is_served(site, path, flood):
    with opened(site.port, path) as peer:
        writing = Thread(target=write, args=(peer, FLOODS[flood] * MANY))
        writing.start()
        async with talk(site.ws("/ws/counter/other/")) as other:
            await other.hear_until(type="counter_update")
            goodbye = peer.closed()
            assert (goodbye.code, goodbye.reason) == (4429, "rate limit")
            await other.say(type="ping")
            await other.hear_until(type="pong")
        writing.join()


def write(peer, data):
    """Say all of it, as far as it is taken."""
    with suppress(OSError):
        peer.write(data)
