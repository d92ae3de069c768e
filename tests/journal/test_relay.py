"""Channels consumers in endpoints' groups hear each event once, whatever loops come and go."""

import asyncio
from contextlib import asynccontextmanager
from threading import Event, Thread

import pytest
from asgiref.sync import async_to_sync
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.db import OperationalError

from hubbub.asgi import application
from hubbub.crossing import in_database
from hubbub.errors import OverloadedError
from hubbub.fanout.layer import HubLayer
from hubbub.journal import relay as relays
from hubbub.journal.append import append
from hubbub.journal.process import writer
from hubbub.journal.relay import relay
from hubbub.journal.source import DatabaseSource
from tests.journal.entries import apublish, publish, put, strike, write
from tests.journal.members import until
from tests.names import new_name

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


async def texts_of(layer, channel, number):
    """The texts of the next events on a channel."""
    return [(await receive(layer, channel))["text"] for _ in range(number)]


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

    async def line(self, event):
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
    """The texts that a consumer is told next."""
    return [(await communicator.receive_json_from(timeout=SOON))["text"] for _ in range(number)]


async def test_what_is_stored_is_heard_in_order_and_once():
    layer, pad = get_channel_layer(), new_name()
    channel = await joined(layer, f"pad.{pad}")
    for text in ("one", "two"):
        await in_database(publish, pad, text)
        event = await receive(layer, channel)
        assert (event["type"], event["text"]) == ("line", text)
    await layer.send(channel, {"type": "marker"})
    assert await receive(layer, channel) == {"type": "marker"}


async def test_what_is_for_extended_members_is_not_for_channels():
    """Marked so where it was stored, and where it is read from the table."""
    layer, pad = get_channel_layer(), new_name()
    channel = await joined(layer, f"pad.{pad}")
    await apublish(pad, "one")
    await append(strike(pad, 1))
    await in_database(put, [strike(pad, 1)])  # no bell rings for it
    await apublish(pad, "two")
    assert await texts_of(layer, channel, 2) == ["one", "two"]


async def test_who_joins_twice_or_in_two_layers_hears_once_in_each():
    one, two, pad = HubLayer(), HubLayer(), new_name()
    channels = [(layer, await joined(layer, f"pad.{pad}")) for layer in (one, two)]
    await one.group_add(f"pad.{pad}", channels[0][1])
    await apublish(pad, "first")
    await apublish(pad, "second")
    for layer, channel in channels:
        assert await texts_of(layer, channel, 2) == ["first", "second"]


async def test_what_no_bell_tells_of_is_read_from_the_table():
    layer, pad = get_channel_layer(), new_name()
    channel = await joined(layer, f"pad.{pad}")
    await in_database(put, [write(pad, "one"), write(pad, "two")])
    await apublish(pad, "three")
    assert await texts_of(layer, channel, 3) == ["one", "two", "three"]


async def test_a_group_has_its_place_when_a_channel_is_in_it(monkeypatch):
    """However long the table takes: what is stored afterwards, even without a bell, is heard."""
    ask = DatabaseSource.extents

    async def slowly(table, streams):
        await asyncio.sleep(0.3)
        return await ask(table, streams)

    monkeypatch.setattr(DatabaseSource, "extents", slowly)
    layer, pad = get_channel_layer(), new_name()
    channels = [await joined(layer, f"pad.{pad}") for _ in range(2)]
    await in_database(put, [write(pad, "one")])
    await apublish(pad, "two")
    for channel in channels:
        assert await texts_of(layer, channel, 2) == ["one", "two"]


async def test_nobody_is_let_into_a_group_while_the_database_is_away(monkeypatch):
    async def away(table, streams):
        raise OperationalError("away")

    monkeypatch.setattr(DatabaseSource, "extents", away)
    layer, pad = get_channel_layer(), new_name()
    with pytest.raises(OverloadedError):
        await joined(layer, f"pad.{pad}")
    assert not layer.has_group(f"pad.{pad}")
    await forgets(pad)


async def test_a_group_that_is_no_endpoint_s_is_not_followed():
    layer = get_channel_layer()
    for group in ("lobby", "pad.", "pad_x", "game", "purse.x"):
        await joined(layer, group)
    assert not relay._followed


# Loops and threads.


class Loop:
    """An event loop on a thread: a consumer of one's own in a pad, and a socket of ours beside."""

    def __init__(self, pad, number):
        self.own, self.ours, self.ready = [], [], False
        self._pad, self._number = pad, number
        self._thread = Thread(target=asyncio.run, args=(self._listen(),))
        self._thread.start()

    async def _listen(self):
        async with (
            connected(Own.as_asgi(), f"/pad.{self._pad}/") as own,
            connected(application, f"/ws/pads/{self._pad}/") as ours,
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
    pad = new_name()

    def tell(text, *loops):
        """Store a text, and wait until it was heard: whoever comes later came too late for it."""
        publish(pad, text)
        asyncio.run(until(lambda: all(text in loop.own and text in loop.ours for loop in loops)))

    def begin(number):
        loop = Loop(pad, number)
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
    layer, pad = get_channel_layer(), new_name()
    channel = async_to_sync(layer.new_channel)()
    async_to_sync(layer.group_add)(f"pad.{pad}", channel)
    for text in ("one", "two"):
        publish(pad, text)
    found = [async_to_sync(layer.receive)(channel)["text"] for _ in range(2)]
    assert found == ["one", "two"]


async def test_a_worker_that_receives_on_a_channel_of_its_own_name_hears():
    """As `runworker thumbs` does."""
    layer, pad = get_channel_layer(), new_name()
    await layer.group_add(f"pad.{pad}", "thumbs")
    task = asyncio.create_task(receive(layer, "thumbs"))
    await apublish(pad, "hi")
    assert (await task)["text"] == "hi"


# Nothing stays behind.


async def follows(pad):
    await until(lambda: relay.follows(f"pad:{pad}"))


async def forgets(pad):
    await until(lambda: not relay.follows(f"pad:{pad}"))


async def test_a_group_is_followed_while_a_channel_is_in_it():
    layer, pad = get_channel_layer(), new_name()
    one, two = [await joined(layer, f"pad.{pad}") for _ in range(2)]
    await layer.group_discard(f"pad.{pad}", one)
    await apublish(pad, "hi")
    assert (await receive(layer, two))["text"] == "hi"
    await layer.group_discard(f"pad.{pad}", two)
    await forgets(pad)


async def test_who_comes_back_at_once_is_followed():
    layer, pad = get_channel_layer(), new_name()
    channel = await joined(layer, f"pad.{pad}")
    for number in range(20):
        await layer.group_discard(f"pad.{pad}", channel)
        await layer.group_add(f"pad.{pad}", channel)
        await apublish(pad, str(number))
        assert (await receive(layer, channel))["text"] == str(number)


async def test_a_flush_ends_it():
    layer, pad = get_channel_layer(), new_name()
    await joined(layer, f"pad.{pad}")
    await layer.flush()
    await forgets(pad)


@pytest.mark.parametrize("config", [{"expiry": 0.1}, {"group_expiry": 0.1}])
async def test_a_channel_that_nobody_receives_on_ends_it(config):
    layer, pad = HubLayer(**config), new_name()
    await joined(layer, f"pad.{pad}")
    await apublish(pad, "nobody takes it")
    await forgets(pad)


async def test_a_layer_that_is_gone_ends_it():
    layer, pad = HubLayer(), new_name()
    await joined(layer, f"pad.{pad}")
    del layer
    await forgets(pad)


def test_a_loop_that_was_closed_ends_it():
    layer, pad = get_channel_layer(), new_name()
    asyncio.run(joined(layer, f"pad.{pad}"))
    asyncio.run(forgets(pad))
    assert not layer.has_group(f"pad.{pad}")


async def test_a_cancelled_join_leaves_nothing(monkeypatch):
    over, ask = Event(), DatabaseSource.extents

    async def not_yet(table, streams):
        await until(over.is_set)
        return await ask(table, streams)

    monkeypatch.setattr(DatabaseSource, "extents", not_yet)
    layer, pad = get_channel_layer(), new_name()
    task = asyncio.create_task(joined(layer, f"pad.{pad}"))
    await follows(pad)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not layer.has_group(f"pad.{pad}")
    await forgets(pad)
    over.set()
