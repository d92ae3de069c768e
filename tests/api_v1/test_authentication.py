"""Authentication, of the published document, and what it leaves to the closes: on both servers."""

import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.api_v1.talk import talk


async def test_a_token_in_the_url_signs_in(site, room):
    """Using Token Authentication: `?token=${token}`."""
    url = site.ws(f"/ws/chat/{room}/?token={site.people['ada'].token}")
    async with talk(url) as client:
        await client.say_chat("hi", username="somebody else")
        assert (await client.hear())["username"] == "ada"


async def test_a_token_in_a_header_or_a_subprotocol_and_a_session_sign_in(site, room):
    """Using Token Authentication: `Include in WebSocket URL or headers`."""
    bob = site.people["bob"]
    pair = [Subprotocol("hubbub.v1"), Subprotocol(f"bearer.{bob.token}")]
    for options in ({"bearer": bob.token}, {"cookie": bob.cookie}, {"subprotocols": pair}):
        async with talk(site.ws(f"/ws/chat/{room}/"), **options) as client:
            await client.say_chat("hi")
            assert (await client.hear())["username"] == "bob"


@pytest.mark.parametrize("path", ["/ws/chat/general/", "/ws/notifications/", "/ws/counter/"])
async def test_a_bad_token_is_told_in_a_frame_and_closed_with_4401(site, path):
    """Error, in a frame: a browser shows a page nothing of a refused handshake."""
    async with talk(site.ws(f"{path}?token=nonsense")) as client:
        assert (await client.goodbye())[0] == 4401
    assert client.heard == [
        {"type": "error", "message": "Authentication required", "code": "unauthenticated"}
    ]


async def test_a_frame_over_64_kib_ends_the_connection(site, room):
    """With 1009 on our own server; Daphne's library turns the RFC's own codes into 1011."""
    async with talk(site.ws(f"/ws/chat/{room}/"), close_timeout=1) as client:
        await client.say_raw("x" * (64 * 1024 + 1))
        assert (await client.goodbye())[0] in (1009, 1011)


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/ws/chat/a%20b/", {}),
        ("/ws/chat/", {}),
        ("/ws/nowhere/", {}),
        ("/ws/chat/general/", {"origin": Origin("https://evil.example")}),
    ],
)
async def test_a_handshake_that_cannot_be_taken_is_refused(site, path, options):
    """With 404 or 403 on our own server; Daphne has 403 for all."""
    with pytest.raises(InvalidStatus) as caught:
        async with talk(site.ws(path), **options):
            pass
    assert caught.value.response.status_code in (403, 404)
