"""Consumers of the user's own, written with `channels.generic.websocket`, beside ours."""

import json

import pytest

from tests.api_v1.talk import talk

MEMBERS = ["member", "json"]


async def test_authenticated_consumer_knows_the_session_user(project):
    """Authentication, WebSocket Authentication: `AuthenticatedConsumer` as printed."""
    url = project.ws("/ws/own/authenticated/")
    async with talk(url, cookie=project.people["ada"].cookie) as client:
        await client.say(ask="who am I")
        assert await client.hear() == {"username": "ada"}


async def test_authenticated_consumer_knows_nobody_without_a_session(project):
    """WebSocket Authentication: Channels' `get_user` gives an AnonymousUser, and no None."""
    async with talk(project.ws("/ws/own/authenticated/")) as client:
        await client.say(ask="who am I")
        assert await client.hear() == {"username": ""}


async def test_rate_limited_consumer_refuses_the_101st_message(project):
    """Rate Limiting, Recommended Implementation: `RateLimitedConsumer` as printed."""
    async with talk(project.ws("/ws/own/limited/")) as client:
        for number in range(101):
            await client.say(number=number)
        for number in range(100):
            assert await client.hear() == {"number": number}
        assert await client.hear() == {"type": "error", "message": "Rate limit exceeded"}


@pytest.mark.parametrize("kind", MEMBERS)
async def test_own_consumer_in_a_room_hears_what_our_clients_say(project, room, kind):
    async with (
        talk(project.ws(f"/ws/own/{kind}/chat_{room}/")) as own,
        talk(project.ws(f"/ws/chat/{room}/")) as client,
    ):
        assert await own.hear() == {"joined": f"chat_{room}"}
        await client.say_chat("Hello", username="john")
        said = await client.hear()
        heard = (await own.hear())["event"]
        keys = ("type", "message", "username", "timestamp")
        assert {key: heard[key] for key in keys} == {key: said[key] for key in keys}


@pytest.mark.parametrize("kind", MEMBERS)
async def test_what_an_own_consumer_sends_to_a_room_reaches_all_once(project, room, kind):
    async with (
        talk(project.ws(f"/ws/own/{kind}/chat_{room}/")) as own,
        talk(project.ws(f"/ws/chat/{room}/")) as client,
    ):
        await own.hear()
        for message in ("one", "two"):
            await own.say(type="chat_message", message=message, username="bot")
        assert [(await client.hear())["message"] for _ in range(2)] == ["one", "two"]
        assert [(await own.hear())["event"]["message"] for _ in range(2)] == ["one", "two"]
        assert [frame["seq"] for frame in client.heard] == [1, 2]


async def test_own_consumer_hears_the_counter_and_changes_it(project):
    async with (
        talk(project.ws("/ws/own/member/global_counter/")) as own,
        talk(project.ws("/ws/counter/")) as client,
    ):
        await own.hear()
        before = (await client.hear())["counter"]
        await client.say(action="increment", value=2)
        assert (await own.hear())["event"]["value"] == 2
        await own.say(type="counter_update", action="increment", value=3)
        assert (await client.hear_until(value=3))["counter"] == before + 5
        assert (await own.hear())["event"]["value"] == 3


async def test_own_consumer_hears_a_users_notifications(project):
    ada = project.people["ada"]
    async with (
        talk(project.ws(f"/ws/own/member/notifications_{ada.user_id}/")) as own,
        talk(project.ws("/ws/notifications/"), bearer=ada.token) as client,
    ):
        await own.hear()
        await client.hear()
        await own.say(type="send_notification", title="T", message="M")
        assert (await own.hear())["event"]["title"] == "T"
        assert (await client.hear())["title"] == "T"


async def test_events_of_its_own_types_stay_among_own_consumers(project, room):
    """A v1 client in the same group receives nothing that v1 does not name."""
    async with (
        talk(project.ws(f"/ws/own/member/chat_{room}/")) as own,
        talk(project.ws(f"/ws/chat/{room}/")) as client,
    ):
        await own.hear()
        await own.say(type="custom.event", number=7)
        assert await own.hear() == {"event": {"type": "custom.event", "number": 7}}
        await client.say_chat("after it")
        assert (await client.hear())["message"] == "after it"


async def test_groups_of_its_own_work_as_with_any_channel_layer(project, room):
    async with (
        talk(project.ws(f"/ws/own/member/{room}/")) as one,
        talk(project.ws(f"/ws/own/member/{room}/")) as two,
    ):
        for client in (one, two):
            await client.hear()
        await one.say_raw(json.dumps({"type": "custom.event", "text": "hi"}))
        for client in (one, two):
            assert (await client.hear())["event"]["text"] == "hi"
