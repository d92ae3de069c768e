"""`group_send` of the published events, called in this process: who hears, and what is refused."""

import asyncio
import subprocess
import sys
from threading import Thread

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator

from hubbub.asgi import application
from hubbub.errors import InvalidFormatError, InvalidMessageError, OutOfRangeError
from hubbub.testing import Member
from tests.api_v1.project.publishers import broadcast_counter_update, send_chat_message
from tests.api_v1.serving import PROJECT
from tests.servers import ROOT, environment

ALONE = """
import django
django.setup()
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
for text in ("Is anybody there?", "Nobody?"):
    async_to_sync(get_channel_layer().group_send)("lobby", {"type": "lobby.call", "text": text})
"""

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_consumer_in_a_test_communicator_hears_an_async_publisher(room):
    communicator = WebsocketCommunicator(application, f"/ws/chat/{room}/")
    assert (await communicator.connect())[0]
    event = {"type": "chat_message", "message": "hi", "username": "System"}
    await get_channel_layer().group_send(f"chat_{room}", event)
    assert (await communicator.receive_json_from())["message"] == "hi"
    await communicator.disconnect()


async def test_a_member_hears_sync_code_in_a_thread(room):
    async with Member(f"/ws/chat/{room}/") as member:
        await asyncio.to_thread(send_chat_message, room, "from a thread")
        frame = await member.hear()
        assert (frame["message"], frame["username"]) == ("from a thread", "System")


async def test_threads_that_publish_at_once_lose_and_repeat_nothing():
    async with Member("/ws/counter/") as member:
        start = (await member.hear())["counter"]
        await member.hear()
        threads = [
            Thread(target=lambda: [broadcast_counter_update("increment", 1) for _ in range(50)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        values = [(await member.hear())["counter"] for _ in range(200)]
        assert values == list(range(start + 1, start + 201))


@pytest.mark.parametrize(
    ("event", "refusal"),
    [
        ({"message": "x" * 1001}, InvalidMessageError),
        ({"message": " "}, InvalidMessageError),
        ({}, InvalidFormatError),
        ({"message": "hi", "username": 7}, InvalidFormatError),
        ({"message": "hi", "timestamp": 7}, InvalidFormatError),
    ],
)
def test_a_bad_chat_message_raises_where_it_was_sent(room, event, refusal):
    send = async_to_sync(get_channel_layer().group_send)
    with pytest.raises(refusal):
        send(f"chat_{room}", {"type": "chat_message", **event})


@pytest.mark.parametrize(
    ("event", "refusal"),
    [
        ({"action": "double"}, InvalidFormatError),
        ({"action": "increment", "value": True}, InvalidFormatError),
        ({"action": "increment", "value": 1.0}, InvalidFormatError),
        ({"action": "increment", "value": 2**60}, OutOfRangeError),
    ],
)
async def test_a_bad_counter_update_raises_and_changes_nothing(room, event, refusal):
    with pytest.raises(refusal):
        await get_channel_layer().group_send(f"counter_{room}", {"type": "counter_update", **event})
    async with Member(f"/ws/counter/{room}/") as member:
        welcome = await member.hear()
        assert (welcome["counter"], welcome["version"]) == (0, 0)


@pytest.mark.parametrize("priority", ["urgent", "", None, 1])
def test_a_priority_that_is_none_raises(priority):
    event = {"type": "send_notification", "title": "T", "message": "M", "priority": priority}
    with pytest.raises(InvalidFormatError):
        async_to_sync(get_channel_layer().group_send)("notifications_7", event)


def test_a_process_that_serves_nobody_warns_once_and_does_not_raise():
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        cwd=ROOT,
        env=environment({"DJANGO_SETTINGS_MODULE": PROJECT, "HUBBUB_DATA": "unused"}),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    assert done.stderr.count("nobody can hear it") == 1
    assert "hubbub serve" in done.stderr
    assert "Traceback" not in done.stderr
