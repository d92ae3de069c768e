"""Consumers of the user's own in the published groups, without any socket of ours beside them."""

import asyncio
import subprocess
import sys

import pytest

from tests.api_v1.serving import PROJECT, serve
from tests.api_v1.talk import talk
from tests.servers import ROOT, START_SECONDS, environment

#: Seconds until what another process stored is heard, and a busy machine's; a check takes 5.
SOON = 3

CHAT = {"type": "chat_message", "message": "hi"}
NOTIFICATION = {"type": "send_notification", "title": "hi", "message": "M"}
COUNTER = {"type": "counter_update", "action": "increment", "value": 1}
GROUPS = [
    ("chat_general", CHAT),
    ("notifications_7", NOTIFICATION),
    ("notifications", NOTIFICATION),
    ("global_counter", COUNTER),
    ("counter_x", COUNTER),
]

SEND = """
import django
django.setup()
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
for event in {events}:
    async_to_sync(get_channel_layer().group_send)({group!r}, event)
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A server at which no endpoint's socket is ever opened."""
    folder = tmp_path_factory.mktemp("watching")
    with serve(folder, settings=PROJECT, HUBBUB_RATE_LIMIT="off") as server:
        yield server


def run(server, code):
    """Run code as `manage.py shell` does, beside the server."""
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(server.env),
        check=True,
        timeout=START_SECONDS,
    )


async def hear(client):
    """What the consumer heard next, as far as it is the same each time."""
    async with asyncio.timeout(SOON):
        event = (await client.hear())["event"]
    return {key: event[key] for key in event if key not in {"timestamp", "priority", "username"}}


@pytest.mark.parametrize(("group", "event"), GROUPS)
async def test_all_of_a_group_hear_what_one_of_them_sends(fresh, group, event):
    url = fresh.ws(f"/ws/own/member/{group}/")
    async with talk(url) as one, talk(url) as two:
        for client in (one, two):
            assert await client.hear() == {"joined": group}
        for _ in range(2):
            await one.say(**event)
        for client in (one, two):
            assert [await hear(client) for _ in range(2)] == [event, event]


@pytest.mark.parametrize(("group", "event"), GROUPS)
async def test_they_hear_within_a_second_what_another_process_stores(fresh, group, event):
    key = "value" if "value" in event else "message"
    events = [event | {key: number if key == "value" else str(number)} for number in range(1, 6)]
    async with talk(fresh.ws(f"/ws/own/member/{group}/")) as client:
        await client.hear()
        await asyncio.to_thread(run, fresh, SEND.format(events=events, group=group))
        assert [await hear(client) for _ in events] == events
        await client.say(**event)
        assert await hear(client) == event


async def test_a_synchronous_consumer_hears_too(fresh):
    async with talk(fresh.ws("/ws/own/json/chat_general/")) as client:
        await client.hear()
        await client.say(**CHAT)
        assert await hear(client) == CHAT
