"""One that floods fills its own part of the writer's queue; what others say is stored meanwhile."""

import asyncio
import sqlite3
from contextlib import AsyncExitStack, closing, contextmanager
from itertools import count

import httpx
import pytest

from hubbub.journal.writer import BATCH, QUEUE
from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.journal import postgresql

pytestmark = pytest.mark.skipif(bool(postgresql.given()), reason="the lock is SQLite's")
FLOOD = "/ws/chat/flood/"
ROOM = "/ws/chat/general/"


@pytest.fixture
def site(tmp_path):
    with serve(tmp_path, HUBBUB_RATE_LIMIT="off") as server:
        yield server


@contextmanager
def locked(site):
    """Nothing can be stored, so that what is said piles up."""
    with closing(sqlite3.connect(site.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


async def flood(client, name):
    """Say things until one is refused, as there is no room for more of it."""
    refused = asyncio.create_task(client.hear_until(type="error", code="overloaded"))
    for number in range(QUEUE):
        if refused.done():
            break
        await client.say_chat("flood", id=f"{name}-{number}")
        if number % 100 == 0:
            await asyncio.sleep(0)
    await refused


def stored_before(site, text):
    """How many were stored before a message."""
    with closing(sqlite3.connect(site.database)) as database:
        rows = database.execute("SELECT message FROM hubbub_chat_message ORDER BY id").fetchall()
    return rows.index((text,))


@pytest.mark.parametrize("connections", [1, 8])
@pytest.mark.parametrize("person", ["ada", None])
async def test_another_is_stored_within_a_few_commits_of_a_flood(site, connections, person):
    """Both doors; a flood from many connections of one account or address is no worse."""
    flooder, other = site.people["ada"], site.people["bob"]
    async with AsyncExitStack() as opened, httpx.AsyncClient(trust_env=False) as http:
        bearer = {"bearer": flooder.token} if person else {}
        flooders = [
            await opened.enter_async_context(talk(site.ws(FLOOD), **bearer))
            for _ in range(connections)
        ]
        one = await opened.enter_async_context(talk(site.ws(ROOM), bearer=other.token))
        for client in (*flooders, one):  # the first thing in a room is looked at before it waits
            await client.say_chat("before", id="before")
            await client.hear_until(type="ack", id="before")
        with locked(site):
            await asyncio.gather(*map(flood, flooders, count()))
            await one.say_chat("one", id="one")
            await one.say(type="ping")
            await one.hear_until(type="pong")
            posted = asyncio.create_task(
                http.post(
                    site.http("/api/chat/general/messages/"),
                    json={"message": "over HTTP"},
                    headers={"Authorization": f"Bearer {other.token}"},
                    timeout=60,
                )
            )
        await one.hear_until(type="ack", id="one")
        assert (await posted).status_code == 200
        # The first that waits; the commit under way, and that in which it has its turn.
        # A third where the machine is slow: that which was drawn as the message came.
        befores = len(flooders) + 1
        assert stored_before(site, "one") <= befores + 3 * BATCH
        await asyncio.gather(*(client.hear_until(type="ack") for client in flooders))
