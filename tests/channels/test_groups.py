"""Channels consumers in the endpoints' groups hear what version 1 knows, each event once."""

import asyncio
from random import randrange

import pytest
from channels.layers import get_channel_layer

from hubbub.chat import services as chat
from hubbub.counter import services as counter
from hubbub.crossing import in_database
from hubbub.journal.process import writer
from hubbub.journal.relay import relay
from hubbub.notifications import services as notifications
from hubbub.notifications.models import Notification
from tests.journal.entries import put

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 10


@pytest.fixture(autouse=True)
def _ended():
    yield
    writer.stop()


async def receive(layer, channel):
    return await asyncio.wait_for(layer.receive(channel), SOON)


async def joined(layer, group):
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    return channel


@pytest.mark.parametrize(
    ("group", "tell", "heard"),
    [
        ("chat_{0}", lambda name: chat.post(room=name, message="hi"), {"message": "hi"}),
        (
            "notifications_{0}",
            lambda name: notifications.send(title="hi", message="M", user_id=name),
            {"title": "hi"},
        ),
        ("notifications", lambda _: notifications.send(title="all", message="M"), {"title": "all"}),
        ("global_counter", lambda _: counter.change(action="reset"), {"action": "reset"}),
        (
            "counter_{0}",
            lambda name: counter.change(action="increment", value=7, name=name),
            {"value": 7},
        ),
    ],
)
async def test_what_a_service_stores_is_heard_in_order_and_once(group, tell, heard):
    # A number, since it is the key of a user too.
    layer, name = get_channel_layer(), str(randrange(1 << 40))
    channel = await joined(layer, group.format(name))
    for _ in range(2):
        await in_database(tell, name)
        event = await receive(layer, channel)
        assert event | heard == event
    await layer.send(channel, {"type": "marker"})
    assert await receive(layer, channel) == {"type": "marker"}


def send_read_and_delete(user_id):
    for title in "ab":
        notifications.send(title=title, message="M", user_id=user_id)
    number = Notification.objects.get(name=user_id, title="a").pk
    notifications.read(user_id=user_id, number=number)
    notifications.delete(number=number)
    notifications.send(title="c", message="M", user_id=user_id)


async def test_what_version_1_does_not_know_is_not_for_channels():
    """Marked so where it was stored, and where it is read from the table."""
    layer, name = get_channel_layer(), str(randrange(1 << 40))
    channel = await joined(layer, f"chat_{name}")
    inbox = await joined(layer, f"notifications_{name}")
    said = await chat.apost(room=name, message="one")
    await in_database(chat.delete, room=name, seq=said.seq)
    said = await chat.apost(room=name, message="more")
    deletion = await in_database(chat.change_entry, room=name, seq=said.seq)
    await in_database(put, [deletion])  # no bell rings for it
    await chat.apost(room=name, message="two")
    await in_database(send_read_and_delete, name)
    said = [(await receive(layer, channel))["message"] for _ in range(3)]
    assert said == ["one", "more", "two"]
    assert [(await receive(layer, inbox))["title"] for _ in range(3)] == ["a", "b", "c"]


@pytest.mark.parametrize("group", ["chat_", "counter_global"])
async def test_a_group_that_is_no_endpoint_s_is_not_followed(group):
    await joined(get_channel_layer(), group)
    assert not relay._followed
