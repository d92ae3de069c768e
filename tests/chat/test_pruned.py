"""A room whose beginning was pruned while people sit in it: no hole, and nobody misled."""

import subprocess
import sys

import pytest

from tests.api_v1.talk import talk
from tests.chat.conftest import numbers
from tests.http.calls import call
from tests.servers import ROOT, environment


@pytest.fixture
def room() -> str:
    return f"pruned-{next(numbers)}"


@pytest.fixture
def url(site, room) -> str:
    return site.ws(f"/ws/chat/{room}/")


def prune(site, **variables: str) -> str:
    """`hubbub prune`, as a person or a timer runs it beside the server."""
    done = subprocess.run(
        [sys.executable, "-m", "hubbub", "prune"],
        cwd=ROOT,
        env=environment(site.env | variables),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout


async def fill(client, number: int) -> list[dict]:
    for count in range(number):
        await client.say_chat(f"message {count + 1}")
    return await client.hear_many(number, type="chat_message")


async def test_who_comes_back_from_before_the_beginning_gets_a_page_instead(site, url, room):
    async with talk(url) as client:
        await fill(client, 10)
    epoch = call(site.http(f"/api/chat/{room}/messages/")).data["epoch"]
    assert prune(site, HUBBUB_CHAT_KEEP_MESSAGES="4").startswith("chat: pruned ")
    async with talk(f"{url}?since=3&epoch={epoch}&history=50") as client:
        assert await client.hear() == {
            "type": "recovery",
            "recovered": False,
            "seq": 10,
            "epoch": epoch,
        }
        page = await client.hear()
        assert [message["seq"] for message in page["messages"]] == [7, 8, 9, 10]
        assert page["more"] is False


async def test_who_comes_back_from_after_the_beginning_misses_nothing(site, url):
    async with talk(url) as client:
        await fill(client, 10)
    prune(site, HUBBUB_CHAT_KEEP_MESSAGES="4")
    async with talk(f"{url}?since=6") as client:
        assert (await client.hear())["missed"] == 4
        assert [(await client.hear())["seq"] for _ in range(4)] == [7, 8, 9, 10]
    async with talk(f"{url}?since=5") as client:
        assert (await client.hear())["recovered"] is False


async def test_who_sits_in_the_room_notices_nothing(site, url):
    async with talk(url) as client:
        await fill(client, 10)
        prune(site, HUBBUB_CHAT_KEEP_MESSAGES="1")
        assert [frame["seq"] for frame in await fill(client, 3)] == [11, 12, 13]


async def test_pages_over_http_end_at_the_beginning_and_say_where_it_is(site, url, room):
    async with talk(url) as client:
        await fill(client, 10)
    prune(site, HUBBUB_CHAT_KEEP_MESSAGES="4")
    messages = site.http(f"/api/chat/{room}/messages/")
    page = call(f"{messages}?limit=2&before=9").data
    assert [message["seq"] for message in page["messages"]] == [7, 8]
    assert (page["more"], page["first"]) == (False, 7)
    assert call(f"{messages}?before=7").data["messages"] == []
    assert call(f"{messages}?after=2").data["first"] == 7
