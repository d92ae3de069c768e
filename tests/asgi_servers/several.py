"""A server on a Unix socket, in several processes where it can: what its clients meet."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

from websockets.asyncio.client import unix_connect

from tests.api_v1.talk import Talk
from tests.asgi_servers.probes import word
from tests.servers import START_SECONDS

#: Connections at once, so that no process can take them all alone.
AT_ONCE = 10


async def unix_socket(path):
    """A client comes through, and counts for no address."""
    async with asyncio.timeout(START_SECONDS), await first(path) as connection:
        client = json.loads(await connection.recv())["client"]
        return word(holds=not client or not client[0])


async def first(path):
    """The first connection, once the server is up."""
    while True:
        try:
            return await unix_connect(str(path), "ws://127.0.0.1/scope/", proxy=None)
        except OSError:
            await asyncio.sleep(0.05)


async def workers(path):
    """Members of a room who are in two processes hear the same, in the same order."""
    async with asyncio.timeout(START_SECONDS), AsyncExitStack() as guests:
        ada, bob = await in_two_processes(path, guests)
        for number in range(20):
            await ada.say_chat(f"ada {number}")
            await bob.say_chat(f"bob {number}")
        heard = [await one.hear_many(40, type="chat_message") for one in (ada, bob)]
        return word(holds=heard[0] == heard[1])


async def in_two_processes(path, guests):
    """Two members of a room, each in a process of its own."""
    by_process = {}
    while len(by_process) < 2:
        coming = [member(path, guests) for _ in range(AT_ONCE)]
        by_process |= dict(await asyncio.gather(*coming))
    return list(by_process.values())[:2]


async def member(path, guests):
    """A member of a room, after the process that it is in."""
    path, where = str(path), "ws://127.0.0.1/ws/chat/shared/?process"
    room = unix_connect(path, where, proxy=None, max_queue=None, compression=None)
    one = Talk(await guests.enter_async_context(room))
    return (await one.hear())["process"], one
