"""A thousand clients come, talk and vanish without a close, again and again: nothing stays."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.chaos.rough import connect_roughly

ROUNDS = 5
ROOMS = 45
EACH = 20
LISTENERS = 50
CLIENTS = ROOMS * EACH + 2 * LISTENERS
#: KiB that the process may grow after its first round. A connection that is kept with all that
#: hangs on it costs 6 KiB and more, so those of the other four rounds would take 24,000.
GROWTH = 4 * 1024


@pytest.fixture
def site(tmp_path):
    """A server with seats for one thousand and their watchers: seats that stay taken are missed."""
    seats = CLIENTS + ROOMS + 2
    with serve(tmp_path, HUBBUB_MAX_CONNECTIONS=str(seats)) as server:
        yield server


async def test_memory_and_groups_return_to_where_they_were(site):
    async with AsyncExitStack() as stack:
        watchers = [
            await stack.enter_async_context(talk(site.ws(f"/ws/chat/room-{number}/")))
            for number in range(ROOMS)
        ]
        counter = await stack.enter_async_context(talk(site.ws("/ws/counter/")))
        await counter.hear_until(count=1)
        after_round = []
        for _ in range(ROUNDS):
            await come_and_vanish(site.port)
            async with asyncio.TaskGroup() as tasks:
                for watcher in watchers:
                    tasks.create_task(watcher.hear_until(event="user_left", count=1))
                tasks.create_task(counter.hear_until(type="user_count_update", count=1))
            await nobody_else_is_there(watchers)
            after_round.append(site.resident())
        assert after_round[-1] - after_round[0] < GROWTH, after_round


async def come_and_vanish(port):
    """A thousand at once: chat, counter and notifications; half of them reset the connection."""
    paths = [f"/ws/chat/room-{number % ROOMS}/" for number in range(ROOMS * EACH)]
    paths += ["/ws/counter/", "/ws/notifications/"] * LISTENERS
    clients = await asyncio.gather(*(connect_roughly(port, path) for path in paths))
    for client, path in zip(clients, paths, strict=True):
        if "chat" in path:
            await client.say(type="chat_message", message="Hello, and goodbye")
        elif "counter" in path:
            await client.say(action="increment", value=1)
    await asyncio.gather(*(client.hear_text() for client in clients))
    for number, client in enumerate(clients):
        client.vanish(reset=number % 2 == 0)


async def nobody_else_is_there(watchers):
    """Each room has its watcher and nobody besides."""
    for watcher in watchers:
        await watcher.say(type="presence")
        presence = await watcher.hear_until(type="presence")
        assert presence["count"] == 1
        watcher.heard.clear()
