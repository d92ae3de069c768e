"""A client that sends and closes at once, as a script does, has been heard."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect

from tests.api_v1.talk import talk
from tests.crash.site import site

TIMES = 10
DEADLINE = 10.0


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with site(tmp_path_factory.mktemp("data")) as running:
        yield running


async def say_and_go(url: str, **frame) -> None:
    async with connect(url, proxy=None, compression=None) as connection:
        await connection.send(json.dumps(frame))


async def test_a_counter_counts_it(server):
    url = server.url("/ws/counter/brief/")
    for _ in range(TIMES):
        await say_and_go(url, action="increment")
    async with asyncio.timeout(DEADLINE), talk(url) as client:
        await client.hear_until(counter=TIMES)


@pytest.mark.parametrize("query", ["", "?history=5", "?since=0"])
async def test_a_room_hears_it(server, query):
    url = server.url(f"/ws/chat/brief{len(query)}/")
    async with talk(url) as listener:
        for number in range(TIMES):
            name = f"nobody-{number}"
            await say_and_go(url + query, type="chat_message", message="hello", username=name)
        heard = await listener.hear_many(TIMES, type="chat_message")
    assert [frame["seq"] for frame in heard] == list(range(1, TIMES + 1))
