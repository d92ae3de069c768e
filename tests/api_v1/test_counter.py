"""Section 3, Counter Consumer, of the published document."""

from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from tests.api_v1.talk import talk


@asynccontextmanager
async def fresh(site):
    """A client of the counter, which stands at zero."""
    async with talk(site.ws("/ws/counter/")) as client:
        await client.hear_until(message="Connected to counter")
        await client.say(action="reset", value=0)
        await client.hear_until(type="counter_update", action="reset")
        yield client


async def test_connection_initialization_tells_the_counter(site):
    """Connection Initialization."""
    async with fresh(site), talk(site.ws("/ws/counter/")) as client:
        frame = await client.hear()
        assert frame["type"] == "counter_update"
        assert frame["counter"] == 0
        assert frame["message"] == "Connected to counter"
        assert "action" not in frame, "version 1's clients would count it"


@pytest.mark.parametrize(
    ("payload", "action", "value", "after"),
    [
        ('{"action": "increment", "value": 1}', "increment", 1, 11),
        ('{"action": "decrement", "value": 1}', "decrement", 1, 9),
        ('{"action": "reset", "value": 0}', "reset", 0, 0),
        ('{"action": "increment", "value": 5}', "increment", 5, 15),
    ],
)
async def test_each_action_is_broadcast_to_all(site, payload, action, value, after):
    """Increment, Decrement, Reset, Set Custom Value; Counter Update (Broadcast)."""
    async with fresh(site) as sender, talk(site.ws("/ws/counter/")) as other:
        await sender.say(action="increment", value=10)
        for client in (sender, other):
            await client.hear_until(action="increment", value=10)
        await sender.say_raw(payload)
        for client in (sender, other):
            frame = await client.hear_until(type="counter_update")
            assert (frame["action"], frame["value"]) == (action, value)
            assert datetime.fromisoformat(frame["timestamp"])
            assert frame["counter"] == after


async def test_user_count_update_tells_how_many_are_connected(site):
    """User Count Update."""
    async with fresh(site) as first:
        async with talk(site.ws("/ws/counter/")), talk(site.ws("/ws/counter/")):
            assert await first.hear_until(count=3) == {"type": "user_count_update", "count": 3}
        assert (await first.hear_until(count=1))["type"] == "user_count_update"


async def test_javascript_client_that_only_adds_up_stays_right(site):
    """JavaScript Implementation: its `switch` on `action`, over what the server sends."""
    async with fresh(site) as client:
        shown = 0
        for action, value in [("increment", 1), ("increment", 5), ("decrement", 2), ("reset", 0)]:
            await client.say(action=action, value=value)
        await client.say(action="increment", value=7)
        while shown != 7:
            data = await client.hear()
            if data["type"] == "counter_update":
                match data.get("action"):
                    case "increment":
                        shown += data["value"]
                    case "decrement":
                        shown -= data["value"]
                    case "reset":
                        shown = 0
                assert shown == data["counter"]
