"""A snapshot and the events after it give the later snapshot, whoever changes the counter."""

import asyncio
from functools import partial
from itertools import pairwise

import httpx
import pytest

from tests.api_v1.talk import talk

EACH = 40


@pytest.fixture
def group(name):
    return f"counter_{name}"


async def publish(site, way, body):
    """Have a view of the project change the counter, again and again."""
    async with httpx.AsyncClient(trust_env=False) as http:
        for _ in range(EACH):
            (await http.post(site.http(f"/publish/{way}/"), json=body)).raise_for_status()


async def change(client, action, value):
    """Change the counter from a client, again and again."""
    for _ in range(EACH):
        await client.say(action=action, value=value)


def version_of(frame):
    return frame.get("version"), frame.get("counter")


def check(heard):
    """Follow one client: every version follows the one before, and every value from it."""
    changes = [frame for frame in heard if frame["type"] == "counter_update"]
    for before, after in pairwise(changes):
        assert after["version"] == before["version"] + 1
        signed = after["value"] if after["action"] == "increment" else -after["value"]
        assert after["counter"] == before["counter"] + signed


async def test_publishers_in_threads_and_clients_count_as_one(site):
    url = site.ws("/ws/counter/")
    async with talk(url) as one, talk(url) as two:
        start = await one.hear_until(type="counter_update")
        counter = {"action": "increment", "value": 3}
        event = {"type": "counter_update", "action": "decrement", "value": 2}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(publish(site, "thread", ["counter", counter]))
            tasks.create_task(publish(site, "sync", ["counter", counter]))
            tasks.create_task(publish(site, "async", ["global_counter", event]))
            tasks.create_task(change(one, "increment", 5))
            tasks.create_task(change(two, "decrement", 1))
            late = tasks.create_task(join_late(url, one))
        end = start["version"] + 5 * EACH
        final = start["counter"] + EACH * (3 + 3 - 2 + 5 - 1)
        for client in (one, two):
            if all(frame.get("version") != end for frame in client.heard):
                await client.hear_until(version=end)
            check(client.heard)
            assert any(version_of(frame) == (end, final) for frame in client.heard)
        check(late.result())
        async with talk(url) as after:
            assert await after.hear_until(counter=final) == after.heard[0]


async def join_late(url, other):
    """What one hears that joins while the counter moves, until it stands still."""
    await other.hear_until(action="decrement", value=2)
    async with talk(url) as client:
        await client.hear_until(type="counter_update")
        await client.hear_many(20, type="counter_update")
        return client.heard


@pytest.mark.parametrize("way", ["async"])
async def test_a_publisher_reaches_a_counter_with_a_name(site, url, group, way):
    async with talk(url) as client:
        body = [group, {"type": "counter_update", "action": "increment", "value": 2}]
        await asyncio.gather(*map(partial(publish, site, way), [body, body]))
        assert (await client.hear_until(version=2 * EACH))["counter"] == 4 * EACH
        check(client.heard)
