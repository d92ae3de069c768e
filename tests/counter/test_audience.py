"""How many people look at a counter."""

import asyncio
import time
from contextlib import AsyncExitStack

from tests.api_v1.talk import talk


async def test_the_first_frames_are_the_value_and_ones_own_count(url):
    async with talk(url) as client:
        assert (await client.hear())["type"] == "counter_update"
        assert await client.hear() == {"type": "user_count_update", "count": 1}


async def test_everyone_is_told_when_somebody_comes_or_goes(url):
    async with talk(url) as one, talk(url) as two:
        for client in (one, two):
            await client.hear_until(count=2)
        async with talk(url):
            for client in (one, two):
                await client.hear_until(count=3)
        for client in (one, two):
            await client.hear_until(count=2)


async def test_a_user_with_two_tabs_is_one(site, url):
    ada = site.people["ada"]
    async with talk(url, bearer=ada.token) as tab, talk(url, cookie=ada.cookie) as other:
        await other.hear_until(count=1)
        async with talk(url):
            await tab.hear_until(count=2)
        assert all(frame.get("count", 1) < 3 for frame in tab.heard + other.heard)


async def test_a_crowd_is_told_at_most_ten_times_a_second_and_the_last_number_arrives(url):
    async with talk(url) as watcher, AsyncExitStack() as stack:
        await watcher.hear_until(count=1)
        began = time.monotonic()
        await asyncio.gather(*(stack.enter_async_context(talk(url)) for _ in range(100)))
        await watcher.hear_until(count=101)
        told = sum(frame["type"] == "user_count_update" for frame in watcher.heard) - 1
        assert told <= 10 * (time.monotonic() - began) + 2


async def test_clients_that_vanish_are_counted_out(url):
    async with talk(url) as watcher, talk(url) as one, talk(url) as two:
        await watcher.hear_until(count=3)
        for client in (one, two):
            client.connection.transport.abort()
        await watcher.hear_until(count=1)
