"""What our Channels layer does beyond the specification's letter."""

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Thread

import pytest
from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from hubbub.fanout import layer as layers
from hubbub.fanout import publishers
from hubbub.fanout.layer import HubLayer, has_channels, relay
from hubbub.fanout.publishers import Publisher, find_publisher, open_publisher

ROOT = Path(__file__).resolve().parents[2]
EVENT = {"type": "test.event"}
SOON = 10


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is moved."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    moved = Clock()
    monkeypatch.setattr(layers, "time", moved)
    return moved


async def receive(layer, channel):
    return await asyncio.wait_for(layer.receive(channel), SOON)


# Capacity and expiry.


async def test_capacities_go_by_glob_or_pattern_the_first_that_fits():
    layer = HubLayer(
        capacity=5, channel_capacity={"http.*": 1, re.compile(r"^ws\..+"): 2, "http.big": 9}
    )
    for channel, capacity in (("http.big", 1), ("ws.one", 2), ("other", 5)):
        for _ in range(capacity):
            await layer.send(channel, EVENT)
        with pytest.raises(ChannelFull):
            await layer.send(channel, EVENT)


async def test_an_event_is_good_for_as_long_as_was_said(clock):
    layer = HubLayer(expiry=60)
    await layer.send("channel", {"type": "old"})
    clock.now += 59
    await layer.send("channel", {"type": "new"})
    assert (await receive(layer, "channel"))["type"] == "old"
    await layer.send("other", {"type": "old"})
    clock.now += 59
    await layer.send("other", {"type": "new"})
    clock.now += 2
    assert (await receive(layer, "other"))["type"] == "new"


async def test_expired_events_make_room(clock):
    layer = HubLayer(expiry=60, capacity=1)
    await layer.send("channel", EVENT)
    clock.now += 61
    await layer.send("channel", {"type": "new"})
    assert (await receive(layer, "channel"))["type"] == "new"


async def test_what_nobody_receives_is_forgotten_with_the_channel(clock):
    layer = HubLayer(expiry=60)
    for number in range(10):
        await layer.send(f"gone{number}", EVENT)
    clock.now += 61
    await layer.send("here", EVENT)
    assert list(layer._mailboxes) == ["here"]


async def test_channels_leave_nothing_behind_when_they_are_empty():
    layer = HubLayer()
    await layer.send("channel", EVENT)
    await receive(layer, "channel")
    assert not layer._mailboxes
    await layer.group_add("group", "channel")
    await layer.group_discard("group", "channel")
    assert not layer._groups


async def test_a_membership_lasts_as_long_as_was_said(clock):
    layer = HubLayer(group_expiry=100)
    await layer.group_add("group", "early")
    clock.now += 60
    await layer.group_add("group", "late")
    clock.now += 60
    await layer.group_send("group", EVENT)
    assert list(layer._groups["group"]) == ["late"]


async def test_joining_again_renews_a_membership(clock):
    layer = HubLayer(group_expiry=100)
    await layer.group_add("group", "channel")
    clock.now += 60
    await layer.group_add("group", "channel")
    clock.now += 60
    await layer.group_send("group", EVENT)
    assert await receive(layer, "channel") == EVENT


async def test_a_receiver_that_waits_while_all_is_flushed_goes_on_receiving():
    layer = HubLayer()
    task = asyncio.create_task(layer.receive("channel"))
    await asyncio.sleep(0)
    await layer.flush()
    await layer.send("channel", EVENT)
    assert await task == EVENT


# Threads and event loops.


def test_events_of_many_threads_reach_a_receiver_on_another_loop():
    layer, received = HubLayer(capacity=1000), []

    async def receive_all():
        while len(received) < 400:
            received.append(await receive(layer, "channel"))

    def send_all(sender):
        for number in range(100):
            asyncio.run(layer.send("channel", {"type": "x", "sender": sender, "number": number}))

    receiver = Thread(target=asyncio.run, args=(receive_all(),))
    receiver.start()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(send_all, range(4)))
    receiver.join(SOON)
    assert not receiver.is_alive()
    for sender in range(4):
        numbers = [event["number"] for event in received if event["sender"] == sender]
        assert numbers == list(range(100))


def test_nothing_is_lost_between_receivers_that_give_up_and_threads_that_send():
    layer, received, sent = HubLayer(capacity=10_000), [], 500
    start = Barrier(2)

    def send_all():
        start.wait()
        for number in range(sent):
            asyncio.run(layer.send("channel", {"type": "x", "number": number}))

    async def receive_restlessly():
        start.wait()
        while len(received) < sent:
            task = asyncio.create_task(layer.receive("channel"))
            await asyncio.sleep(0)
            task.cancel()
            for result in await asyncio.gather(task, return_exceptions=True):
                if isinstance(result, dict):
                    received.append(result["number"])

    sender = Thread(target=send_all)
    sender.start()
    asyncio.run(asyncio.wait_for(receive_restlessly(), SOON))
    sender.join(SOON)
    assert sorted(received) == list(range(sent))


# Publishers and relays.


@pytest.fixture
def published(monkeypatch):
    """Has `test.event` in groups that begin with `kind`; returns what came."""
    monkeypatch.setattr(publishers, "_publishers", {})
    came = []

    def publish(group, event):
        came.append((group, event, threading.get_ident()))

    async def apublish(group, event):
        came.append((group, event, None))

    takes = Publisher(lambda group: group.startswith("kind"), publish, apublish)
    open_publisher("test.event", takes)
    return came


async def test_an_event_with_a_publisher_goes_there_alone(published):
    layer = HubLayer()
    await layer.group_add("kind1", "channel")
    await layer.group_send("kind1", EVENT)
    assert published == [("kind1", EVENT, None)]
    await layer.group_send("kind1", {"type": "other"})
    assert (await receive(layer, "channel"))["type"] == "other"


def test_an_event_from_sync_code_goes_there_on_the_thread_that_sent_it(published):
    async_to_sync(HubLayer().group_send)("kind1", EVENT)
    assert published == [("kind1", EVENT, threading.get_ident())]


async def test_another_group_s_event_passes_the_publisher_by(published):
    layer = HubLayer()
    await layer.group_add("elsewhere", "channel")
    await layer.group_send("elsewhere", EVENT)
    assert await receive(layer, "channel") == EVENT
    assert not published


def test_an_event_without_a_type_has_no_publisher(published):
    assert find_publisher("kind1", {}) is None


async def test_what_an_endpoint_tells_is_relayed_in_every_layer_of_the_process():
    one, other = HubLayer(), HubLayer()
    for layer in (one, other):
        await layer.group_add("relayed", "channel")
    relay("relayed", EVENT)
    assert await receive(one, "channel") == await receive(other, "channel") == EVENT


async def test_a_layer_that_is_gone_is_relayed_nothing():
    layer = HubLayer()
    await layer.group_add("relayed", "channel")
    assert has_channels("relayed")
    del layer
    assert not has_channels("relayed")
    relay("relayed", EVENT)
    kept = HubLayer()
    assert kept in (known := [reference() for reference in layers._layers])
    assert None not in known


def test_the_setting_gives_one_layer_to_everybody(settings):
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "hubbub.fanout.layer.HubLayer", "CONFIG": {"capacity": 7}}
    }
    assert isinstance(get_channel_layer(), HubLayer)
    assert get_channel_layer() is get_channel_layer()
    assert get_channel_layer().capacity == 7


async def test_an_event_for_which_a_channel_has_no_room_is_a_line_of_the_log(caplog):
    layer = HubLayer(capacity=1)
    await layer.group_add("group", "channel")
    for _ in range(3):
        await layer.group_send("group", EVENT)
    assert "channel_full channel=channel" in caplog.messages
