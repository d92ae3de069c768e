"""Every member of a room sees the same messages in the same order: that of `seq`."""

import asyncio

from tests.api_v1.talk import talk

SENDERS = 5
EACH = 40
JOINERS = 10


async def test_all_members_see_one_order_whoever_sends_at_once(url):
    async with asyncio.TaskGroup() as group:
        ready = asyncio.Barrier(SENDERS)
        tasks = [group.create_task(speak_and_listen(url, ready, name)) for name in range(SENDERS)]
    first, *others = [task.result() for task in tasks]
    assert [frame["seq"] for frame in first] == list(range(1, SENDERS * EACH + 1))
    assert all(heard == first for heard in others)
    for name in range(SENDERS):
        said = [frame["message"] for frame in first if frame["username"] == f"sender-{name}"]
        assert said == [str(number) for number in range(EACH)]


async def speak_and_listen(url, ready, name):
    """What one member hears while it and others speak."""
    async with talk(url) as client:
        await ready.wait()
        for number in range(EACH):
            await client.say_chat(str(number), username=f"sender-{name}")
        return await client.hear_many(SENDERS * EACH, type="chat_message")


async def test_a_member_hears_everything_after_its_own_join_and_nothing_before(url):
    async with talk(url) as first:
        await first.say_chat("before")
        await first.hear_until(message="before")
        async with talk(url) as second:
            await first.say_chat("after")
            assert (await second.hear())["seq"] == 2


async def test_members_that_join_amid_a_flood_miss_nothing_from_then_on(url):
    joined = asyncio.Barrier(JOINERS + 1)
    async with talk(url) as speaker, asyncio.TaskGroup() as group:
        tasks = [group.create_task(join_and_listen(url, joined)) for _ in range(JOINERS)]
        for _ in range(EACH * SENDERS):
            await speaker.say_chat("on and on")
            await speaker.hear_until(type="chat_message")
        await joined.wait()
        await speaker.say_chat("the end")
    for task in tasks:
        seqs = task.result()
        assert seqs == list(range(seqs[0], EACH * SENDERS + 2))


async def join_and_listen(url, joined):
    """The numbers of the messages that one hears who joins at some time, up to the end."""
    async with talk(url) as client:
        await joined.wait()
        await client.hear_until(message="the end")
        return [frame["seq"] for frame in client.heard if "seq" in frame]


async def test_messages_of_one_connection_stay_in_their_order_under_changing_names(url):
    """A name that is new must be looked up among the accounts; nothing overtakes it meanwhile."""
    async with talk(url) as client:
        for number in range(40):
            await client.say_chat(str(number), username=f"somebody-{number // 2}")
        frames = await client.hear_many(40)
        assert [frame["message"] for frame in frames] == [str(number) for number in range(40)]
        assert [frame["seq"] for frame in frames] == list(range(1, 41))
