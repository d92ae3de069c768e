"""What those who are in a room are told of comings and goings."""

import asyncio
from contextlib import AsyncExitStack

from tests.api_v1.talk import talk


async def test_a_notice_names_the_user_and_counts_the_people(url, people):
    async with talk(url) as first:
        async with talk(url, bearer=people["ada"].token):
            assert await first.hear() == {
                "type": "notification",
                "message": "A user joined the room",
                "event": "user_joined",
                "username": "ada",
                "count": 2,
            }
        assert await first.hear() == {
            "type": "notification",
            "message": "A user left the room",
            "event": "user_left",
            "username": "ada",
            "count": 1,
        }


async def test_an_anonymous_one_joins_and_leaves_as_anonymous(url):
    async with talk(url) as first:
        async with talk(url):
            assert (await first.hear())["username"] == "Anonymous"
        assert (await first.hear())["username"] == "Anonymous"


async def test_the_joiner_does_not_hear_of_itself(url):
    async with talk(url) as first, talk(url) as second:
        await first.hear_until(event="user_joined")
        await second.say_chat("the first thing it hears")
        assert (await second.hear())["type"] == "chat_message"


async def test_a_user_with_several_tabs_joins_once_and_leaves_once(url, people):
    ada = people["ada"]
    async with talk(url) as watcher:
        async with talk(url, bearer=ada.token) as tab:
            await watcher.hear_until(event="user_joined", username="ada", count=2)
            async with talk(url, cookie=ada.cookie) as other_tab:
                await other_tab.say_chat("second tab")
                assert (await watcher.hear())["message"] == "second tab"
            await tab.say_chat("first tab")
            assert (await watcher.hear())["message"] == "first tab"
        assert await watcher.hear_until(event="user_left") == watcher.heard[-1]
        assert watcher.heard[-1]["count"] == 1
    assert [frame.get("event", "message") for frame in watcher.heard] == [
        "user_joined",
        "message",
        "message",
        "user_left",
    ]


async def test_a_second_tab_hears_nothing_of_the_first_ones_join(url, people):
    ada = people["ada"]
    async with talk(url, bearer=ada.token) as one, talk(url, bearer=ada.token) as two:
        await two.say_chat("alone with myself")
        for tab in (one, two):
            assert (await tab.hear())["type"] == "chat_message"


async def test_a_client_that_vanishes_has_left(url):
    async with talk(url) as first, talk(url) as second:
        await first.hear_until(event="user_joined")
        second.connection.transport.abort()
        assert (await first.hear())["event"] == "user_left"


async def test_more_than_twenty_joins_in_a_second_are_told_as_one_notice(url):
    async with talk(url) as watcher, AsyncExitStack() as stack:
        await asyncio.gather(*(stack.enter_async_context(talk(url)) for _ in range(60)))
        told = await counted(watcher, "user_joined", 60)
        crowds = [frame for frame in told if "joined" in frame]
        assert crowds, "a storm is told in sum"
        for frame in crowds:
            assert frame["message"] == f"{people_of(frame['joined'])} joined the room"
        assert sum(frame.get("joined", 1) for frame in told) == 60
        assert told[-1]["count"] == 61


async def test_more_than_twenty_leaves_in_a_second_are_told_as_one_notice(url):
    async with talk(url) as watcher:
        async with AsyncExitStack() as stack:
            opening = (stack.enter_async_context(talk(url)) for _ in range(60))
            clients = await asyncio.gather(*opening)
            await counted(watcher, "user_joined", 60)
            await asyncio.gather(*(client.connection.close() for client in clients))
            told = await counted(watcher, "user_left", 60)
        crowds = [frame for frame in told if "left" in frame]
        assert crowds, "a storm is told in sum"
        for frame in crowds:
            assert frame["message"] == f"{people_of(frame['left'])} left the room"
        assert sum(frame.get("left", 1) for frame in told) == 60
        assert told[-1]["count"] == 1


def people_of(number):
    """How a notice names so many."""
    return "A user" if number == 1 else f"{number} users"


async def counted(watcher, event, number):
    """The notices of one event that together tell of `number` people."""
    verb = event.removeprefix("user_")
    told = []
    while sum(frame.get(verb, 1) for frame in told) < number:
        told.append(await watcher.hear_until(event=event))
    return told


async def test_after_a_storm_joins_are_told_one_by_one_again(url):
    async with talk(url) as watcher:
        async with AsyncExitStack() as stack:
            await asyncio.gather(*(stack.enter_async_context(talk(url)) for _ in range(40)))
            await counted(watcher, "user_joined", 40)
        await counted(watcher, "user_left", 40)
        while True:
            async with talk(url):
                notice = await watcher.hear_until(event="user_joined")
            await watcher.hear_until(event="user_left")
            if "joined" not in notice:
                assert notice["message"] == "A user joined the room"
                return
