"""The Channels layer specification, held against Channels' own layer in memory and against ours."""

import asyncio

import pytest
from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer

from hubbub.fanout.layer import HubLayer

EVENT = {"type": "test.event", "text": "hello"}
SOON = 5


@pytest.fixture(params=[InMemoryChannelLayer, HubLayer])
def make(request):
    """The class of a layer."""
    return request.param


@pytest.fixture
def layer(make):
    return make(capacity=3)


async def receive(layer, channel):
    return await asyncio.wait_for(layer.receive(channel), SOON)


async def is_silent(layer, channel):
    """Whether there is nothing to receive on a channel."""
    task = asyncio.create_task(layer.receive(channel))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    silent = not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return silent


async def test_what_is_sent_is_received(layer):
    await layer.send("channel", EVENT)
    assert await receive(layer, "channel") == EVENT


async def test_who_waits_already_receives_too(layer):
    task = asyncio.create_task(receive(layer, "channel"))
    await asyncio.sleep(0)
    await layer.send("channel", EVENT)
    assert await task == EVENT


async def test_events_of_a_channel_are_received_in_order_each_by_one(layer):
    for number in range(3):
        await layer.send("channel", {"type": "x", "number": number})
    assert [(await receive(layer, "channel"))["number"] for _ in range(3)] == [0, 1, 2]
    assert await is_silent(layer, "channel")


async def test_channels_are_apart(layer):
    await layer.send("one", EVENT)
    assert await is_silent(layer, "other")
    assert await receive(layer, "one") == EVENT


async def test_an_event_is_a_copy(layer):
    event = {"type": "x", "list": [1]}
    await layer.send("channel", event)
    event["list"].append(2)
    assert await receive(layer, "channel") == {"type": "x", "list": [1]}


async def test_each_member_of_a_group_gets_a_copy_of_its_own(layer):
    for channel in ("one", "other"):
        await layer.group_add("group", channel)
    await layer.group_send("group", {"type": "x", "list": []})
    first, second = await receive(layer, "one"), await receive(layer, "other")
    first["list"].append(1)
    assert second == {"type": "x", "list": []}


async def test_a_new_channel_is_nobody_else_s_and_may_be_used(layer):
    channel = await layer.new_channel()
    assert channel != await layer.new_channel()
    await layer.send(channel, EVENT)
    assert await receive(layer, channel) == EVENT
    assert "!" in channel


async def test_a_new_channel_has_the_prefix_that_was_asked_for(layer):
    assert (await layer.new_channel("mine")).startswith("mine")


async def test_a_full_channel_raises_and_keeps_what_it_has(layer):
    for number in range(3):
        await layer.send("channel", {"type": "x", "number": number})
    with pytest.raises(ChannelFull):
        await layer.send("channel", EVENT)
    assert (await receive(layer, "channel"))["number"] == 0
    await layer.send("channel", EVENT)


async def test_a_group_s_event_misses_a_full_channel_alone(layer):
    for channel in ("full", "free"):
        await layer.group_add("group", channel)
    for _ in range(3):
        await layer.send("full", {"type": "filler"})
    await layer.group_send("group", EVENT)
    assert await receive(layer, "free") == EVENT
    assert [(await receive(layer, "full"))["type"] for _ in range(3)] == ["filler"] * 3
    assert await is_silent(layer, "full")


async def test_a_group_s_event_goes_to_its_members_only(layer):
    await layer.group_add("group", "member")
    await layer.group_add("other", "stranger")
    await layer.group_send("group", EVENT)
    assert await receive(layer, "member") == EVENT
    assert await is_silent(layer, "stranger")


async def test_a_group_without_members_hears_nothing_and_nothing_breaks(layer):
    await layer.group_send("nobody", EVENT)


async def test_joining_twice_is_joining_once(layer):
    await layer.group_add("group", "channel")
    await layer.group_add("group", "channel")
    await layer.group_send("group", EVENT)
    assert await receive(layer, "channel") == EVENT
    assert await is_silent(layer, "channel")


async def test_whoever_left_hears_no_more(layer):
    for channel in ("here", "gone"):
        await layer.group_add("group", channel)
    await layer.group_discard("group", "gone")
    await layer.group_send("group", EVENT)
    assert await receive(layer, "here") == EVENT
    assert await is_silent(layer, "gone")


async def test_leaving_what_one_is_not_in_is_no_error(layer):
    await layer.group_discard("group", "channel")
    await layer.group_add("group", "one")
    await layer.group_discard("group", "other")


async def test_an_event_expires(make):
    layer = make(expiry=-1)
    await layer.send("channel", EVENT)
    assert await is_silent(layer, "channel")


async def test_whoever_let_an_event_expire_is_out_of_its_groups(make):
    layer = make(expiry=-1)
    await layer.group_add("group", "channel")
    await layer.send("channel", EVENT)
    await layer.group_send("group", EVENT)
    layer.expiry = 60
    await layer.group_send("group", EVENT)
    assert await is_silent(layer, "channel")


async def test_a_membership_expires(make):
    layer = make(group_expiry=-2)
    await layer.group_add("group", "channel")
    await layer.group_send("group", EVENT)
    assert await is_silent(layer, "channel")


async def test_flushing_forgets_events_and_groups(layer):
    await layer.send("channel", EVENT)
    await layer.group_add("group", "member")
    await layer.flush()
    await layer.group_send("group", EVENT)
    assert await is_silent(layer, "channel")
    assert await is_silent(layer, "member")


async def test_a_receiver_that_was_cancelled_loses_nothing(layer):
    task = asyncio.create_task(layer.receive("channel"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await layer.send("channel", EVENT)
    assert await receive(layer, "channel") == EVENT


@pytest.mark.parametrize("name", ["", "a b", "ä", "a/b", "a!b!", "x" * 100, "!a", 7, None, b"a"])
async def test_a_bad_channel_name_is_refused_in_channels_own_words(layer, name):
    for call in (
        layer.send(name, EVENT),
        layer.receive(name),
        layer.group_add("group", name),
        layer.group_discard("group", name),
    ):
        with pytest.raises(TypeError, match="Channel name must be a valid unicode string"):
            await call


@pytest.mark.parametrize("name", ["", "a b", "ä", "a/b", "a!b", "x" * 100, 7, None, b"a"])
async def test_a_bad_group_name_is_refused_in_channels_own_words(layer, name):
    for call in (
        layer.group_send(name, EVENT),
        layer.group_add(name, "channel"),
        layer.group_discard(name, "channel"),
    ):
        with pytest.raises(TypeError, match="Group name must be a valid unicode string"):
            await call


@pytest.mark.parametrize("name", ["a", "x" * 99, "A-Z_0.9", "specific.x!y", "a!"])
async def test_a_good_channel_name_passes(layer, name):
    await layer.send(name, EVENT)
    assert await receive(layer, name) == EVENT


@pytest.mark.parametrize("event", [None, "text", [], 7])
async def test_an_event_that_is_no_dict_is_refused(layer, event):
    with pytest.raises((TypeError, AssertionError)):
        await layer.send("channel", event)
    with pytest.raises((TypeError, AssertionError)):
        await layer.group_send("group", event)


def test_it_says_that_it_has_groups_and_flush(layer):
    assert set(layer.extensions) == {"groups", "flush"}


async def test_it_can_be_closed(layer):
    await layer.close()
