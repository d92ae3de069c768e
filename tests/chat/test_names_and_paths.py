"""Which paths there are: with or without the last slash, and what a room can be called."""

import json

import pytest
from websockets.exceptions import InvalidStatus

from tests.api_v1.talk import talk


async def refusal(url, **options):
    """The HTTP answer to a handshake that is refused."""
    with pytest.raises(InvalidStatus) as caught:
        async with talk(url, **options):
            pass
    return caught.value.response


@pytest.mark.parametrize(
    "name", ["a", "General", "room_1", "v1.0", "a-b", "-", "...", "0", "x" * 64, "a%2Db"]
)
@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_room_of_that_name_takes_connections(site, name, slash):
    async with talk(site.ws(f"/ws/chat/{name}{slash}")) as client:
        await client.say_chat("here")
        assert (await client.hear())["message"] == "here"


async def test_the_path_with_and_without_the_last_slash_is_the_same_room(url):
    async with talk(url) as one, talk(url.removesuffix("/")) as other:
        await other.say_chat("same room")
        assert (await one.hear_until(type="chat_message"))["message"] == "same room"


@pytest.mark.parametrize(
    "name",
    [
        "x" * 65,
        "a%20b",
        "%C3%A9",
        "%F0%9F%90%9D",
        "%FF",
        "a%00b",
        "a%2Fb",
        "%2E%2E%2Fx",
        "a+b",
        "a:b",
        "a'b",
        "%3Cb%3E",
        "a%0Ab",
        "a%0A",
        "%",
        "%zz",
        "a/b",
    ],
)
@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_name_that_no_room_can_have_is_answered_404(site, name, slash):
    response = await refusal(site.ws(f"/ws/chat/{name}{slash}"))
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(response.body) == {"status": "error", "message": "Not found"}


@pytest.mark.parametrize(
    "path",
    ["/", "/ws/chat", "/ws/chat/", "/ws/chat//", "/ws/notifications/x/", "/ws/other/"],
)
async def test_a_path_that_is_none_is_answered_404(site, path):
    response = await refusal(site.ws(path))
    assert response.status_code == 404
    assert json.loads(response.body) == {"status": "error", "message": "Not found"}


async def test_names_are_told_apart_by_case(url):
    async with talk(url) as small, talk(url.replace("room-", "ROOM-")) as large:
        await large.say_chat("LARGE")
        assert (await large.hear())["message"] == "LARGE"
        await small.say_chat("small")
        assert (await small.hear())["message"] == "small"
