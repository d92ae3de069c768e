"""Channels consumers in endpoints' groups hear each event once, whatever loops come and go."""

import asyncio
from contextlib import asynccontextmanager
from random import randrange
from threading import Event, Thread

import pytest
from asgiref.sync import async_to_sync
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.db import OperationalError

from hubbub.asgi import application
from hubbub.chat import services as chat
from hubbub.chat.table import Draft, chat_table
from hubbub.counter import services as counter
from hubbub.errors import OverloadedError
from hubbub.fanout.layer import HubLayer
from hubbub.journal import relay as relays
from hubbub.journal.entry import Entry
from hubbub.journal.process import writer
from hubbub.journal.relay import relay
from hubbub.journal.source import DatabaseSource
from hubbub.notifications import services as notifications
from hubbub.notifications.models import Notification
from tests.journal.entries import new_room, put, say
from tests.journal.members import until

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 10


@pytest.fixture(autouse=True)
def nobody_stays(monkeypatch):
    """The test leaves no group followed, and nothing open."""
    monkeypatch.setattr(relays, "SWEEP", 0.05)
    yield
    writer.stop()
    asyncio.run(get_channel_layer().flush())
    asyncio.run(until(lambda: not relay._followed))


async def receive(layer, channel):
    return await asyncio.wait_for(layer.receive(channel), SOON)


async def joined(layer, group):
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    return channel


class Own(AsyncJsonWebsocketConsumer):
    """A consumer of the project's own."""

    async def connect(self):
        self.groups.append(self.scope["path"].strip("/"))
        await self.channel_layer.group_add(self.groups[0], self.channel_name)
        await self.accept()

    async def chat_message(self, event):
        await self.send_json(event)


@asynccontextmanager
async def connected(app, path):
    communicator = WebsocketCommunicator(app, path)
    assert (await communicator.connect())[0]
    try:
        yield communicator
    finally:
        await communicator.disconnect()


async def texts(communicator, number):
    """The texts that a consumer is told next; notices of the room are none."""
    found = []
    while len(found) < number:
        frame = await communicator.receive_json_from(timeout=SOON)
        if frame["type"] == "chat_message":
            found.append(frame["message"])
    return found


# Each group, each way.


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
        await asyncio.to_thread(tell, name)
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
    await asyncio.to_thread(chat.delete, room=name, seq=said.seq)
    deletion = Entry(chat_table, f"chat:{name}", Draft("", "", "now", deletes=1))
    await asyncio.to_thread(put, [deletion])  # no bell rings for it
    await chat.apost(room=name, message="two")
    await asyncio.to_thread(send_read_and_delete, name)
    assert [(await receive(layer, channel))["message"] for _ in range(2)] == ["one", "two"]
    assert [(await receive(layer, inbox))["title"] for _ in range(3)] == ["a", "b", "c"]


async def test_who_joins_twice_or_in_two_layers_hears_once_in_each():
    one, two, room = HubLayer(), HubLayer(), new_room()
    channels = [(layer, await joined(layer, f"chat_{room}")) for layer in (one, two)]
    await one.group_add(f"chat_{room}", channels[0][1])
    await chat.apost(room=room, message="first")
    await chat.apost(room=room, message="second")
    for layer, channel in channels:
        found = [(await receive(layer, channel))["message"] for _ in range(2)]
        assert found == ["first", "second"]


async def test_what_no_bell_tells_of_is_read_from_the_table():
    layer, room = get_channel_layer(), new_room()
    channel = await joined(layer, f"chat_{room}")
    await asyncio.to_thread(put, [say(room, "one"), say(room, "two")])
    await chat.apost(room=room, message="three")
    found = [(await receive(layer, channel))["message"] for _ in range(3)]
    assert found == ["one", "two", "three"]


async def test_a_group_has_its_place_when_a_channel_is_in_it(monkeypatch):
    """However long the table takes: what is stored afterwards, even without a bell, is heard."""
    ask = DatabaseSource.extents

    async def slowly(table, streams):
        await asyncio.sleep(0.3)
        return await ask(table, streams)

    monkeypatch.setattr(DatabaseSource, "extents", slowly)
    layer, room = get_channel_layer(), new_room()
    channels = [await joined(layer, f"chat_{room}") for _ in range(2)]
    await asyncio.to_thread(put, [say(room, "one")])
    await chat.apost(room=room, message="two")
    for channel in channels:
        found = [(await receive(layer, channel))["message"] for _ in range(2)]
        assert found == ["one", "two"]


async def test_nobody_is_let_into_a_group_while_the_database_is_away(monkeypatch):
    async def away(table, streams):
        raise OperationalError("away")

    monkeypatch.setattr(DatabaseSource, "extents", away)
    layer, room = get_channel_layer(), new_room()
    with pytest.raises(OverloadedError):
        await joined(layer, f"chat_{room}")
    assert not layer.has_group(f"chat_{room}")
    await forgets(room)


async def test_a_group_that_is_no_endpoint_s_is_not_followed():
    layer = get_channel_layer()
    for group in ("lobby", "chat_", "counter_global"):
        await joined(layer, group)
    assert not relay._followed


# Loops and threads.


class Loop:
    """An event loop on a thread: a consumer of one's own in a room, and a socket of ours beside."""

    def __init__(self, room, number):
        self.own, self.ours, self.ready = [], [], False
        self._room, self._number = room, number
        self._thread = Thread(target=asyncio.run, args=(self._listen(),))
        self._thread.start()

    async def _listen(self):
        async with (
            connected(Own.as_asgi(), f"/chat_{self._room}/") as own,
            connected(application, f"/ws/chat/{self._room}/") as ours,
        ):
            self.ready = True
            for _ in range(self._number):
                self.own += await texts(own, 1)
                self.ours += await texts(ours, 1)

    def closed(self):
        """What both heard, when the loop has ended."""
        self._thread.join(SOON)
        return self.own, self.ours


def test_each_hears_once_when_one_loop_ends_and_another_begins():
    """With two loops, with the later of them alone, and with a third beside it."""
    room = new_room()

    def tell(text, *loops):
        """Store a text, and wait until it was heard: whoever comes later came too late for it."""
        chat.post(room=room, message=text)
        asyncio.run(until(lambda: all(text in loop.own and text in loop.ours for loop in loops)))

    def begin(number):
        loop = Loop(room, number)
        asyncio.run(until(lambda: loop.ready))
        return loop

    first, second = begin(2), begin(5)
    tell("1", first, second)
    tell("2", first, second)
    assert first.closed() == (["1", "2"],) * 2
    tell("3", second)
    third = begin(2)
    tell("4", second, third)
    tell("5", second, third)
    assert second.closed() == (["1", "2", "3", "4", "5"],) * 2
    assert third.closed() == (["4", "5"],) * 2


def test_a_thread_without_a_loop_joins_and_hears():
    layer, room = get_channel_layer(), new_room()
    channel = async_to_sync(layer.new_channel)()
    async_to_sync(layer.group_add)(f"chat_{room}", channel)
    for text in ("one", "two"):
        chat.post(room=room, message=text)
    found = [async_to_sync(layer.receive)(channel)["message"] for _ in range(2)]
    assert found == ["one", "two"]


async def test_a_worker_that_receives_on_a_channel_of_its_own_name_hears():
    """As `runworker thumbs` does."""
    layer, room = get_channel_layer(), new_room()
    await layer.group_add(f"chat_{room}", "thumbs")
    task = asyncio.create_task(receive(layer, "thumbs"))
    await chat.apost(room=room, message="hi")
    assert (await task)["message"] == "hi"


# Nothing stays behind.


async def follows(room):
    await until(lambda: relay.follows(f"chat:{room}"))


async def forgets(room):
    await until(lambda: not relay.follows(f"chat:{room}"))


async def test_a_group_is_followed_while_a_channel_is_in_it():
    layer, room = get_channel_layer(), new_room()
    one, two = [await joined(layer, f"chat_{room}") for _ in range(2)]
    await layer.group_discard(f"chat_{room}", one)
    await chat.apost(room=room, message="hi")
    assert (await receive(layer, two))["message"] == "hi"
    await layer.group_discard(f"chat_{room}", two)
    await forgets(room)


async def test_who_comes_back_at_once_is_followed():
    layer, room = get_channel_layer(), new_room()
    channel = await joined(layer, f"chat_{room}")
    for number in range(20):
        await layer.group_discard(f"chat_{room}", channel)
        await layer.group_add(f"chat_{room}", channel)
        await chat.apost(room=room, message=str(number))
        assert (await receive(layer, channel))["message"] == str(number)


async def test_a_flush_ends_it():
    layer, room = get_channel_layer(), new_room()
    await joined(layer, f"chat_{room}")
    await layer.flush()
    await forgets(room)


@pytest.mark.parametrize("config", [{"expiry": 0.1}, {"group_expiry": 0.1}])
async def test_a_channel_that_nobody_receives_on_ends_it(config):
    layer, room = HubLayer(**config), new_room()
    await joined(layer, f"chat_{room}")
    await chat.apost(room=room, message="nobody takes it")
    await forgets(room)


async def test_a_layer_that_is_gone_ends_it():
    layer, room = HubLayer(), new_room()
    await joined(layer, f"chat_{room}")
    del layer
    await forgets(room)


def test_a_loop_that_was_closed_ends_it():
    layer, room = get_channel_layer(), new_room()
    asyncio.run(joined(layer, f"chat_{room}"))
    asyncio.run(forgets(room))
    assert not layer.has_group(f"chat_{room}")


async def test_a_cancelled_join_leaves_nothing(monkeypatch):
    over, ask = Event(), DatabaseSource.extents

    async def not_yet(table, streams):
        await until(over.is_set)
        return await ask(table, streams)

    monkeypatch.setattr(DatabaseSource, "extents", not_yet)
    layer, room = get_channel_layer(), new_room()
    task = asyncio.create_task(joined(layer, f"chat_{room}"))
    await follows(room)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not layer.has_group(f"chat_{room}")
    await forgets(room)
    over.set()
