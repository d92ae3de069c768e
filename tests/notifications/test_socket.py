"""The notification socket: who gets what."""

import asyncio
import re
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.api_v1.talk import talk

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
CURSOR = re.compile(r"([0-9a-f]*:\d+)?,[0-9a-f]*:\d+")


async def post(url, body):
    """Send JSON; the answer."""
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.post(url, json=body)


async def send(site, **keys):
    body = {"title": "T", "message": "M"} | keys
    answer = await post(site.http("/api/notifications/send/"), body)
    assert answer.status_code == 200, answer.text


async def publish(project, group, **keys):
    """Have an async view of the project publish as the published document does."""
    event = {"type": "send_notification", "title": "T", "message": "M"} | keys
    answer = await post(project.http("/publish/async/"), [group, event])
    assert answer.status_code == 200, answer.text


@asynccontextmanager
async def listen(site, name=None):
    """A client that is connected, as `name` or as nobody."""
    bearer = site.people[name].token if name else ""
    async with talk(site.ws("/ws/notifications/"), bearer=bearer) as client:
        assert (await client.hear())["type"] == "connection_status"
        yield client


async def test_the_first_frame_says_connected_and_since_when(site):
    async with talk(site.ws("/ws/notifications")) as client:
        frame = await client.hear()
        assert TIMESTAMP.fullmatch(frame.pop("timestamp"))
        assert CURSOR.fullmatch(frame.pop("cursor"))
        assert frame == {
            "type": "connection_status",
            "status": "connected",
            "message": "Successfully connected to notifications",
        }


async def test_what_is_sent_to_everyone_reaches_signed_in_and_anonymous_ones(site):
    async with listen(site) as nobody, listen(site, "ada") as ada, listen(site, "bob") as bob:
        await send(site, title="To all", priority="low")
        for client in (nobody, ada, bob):
            frame = await client.hear()
            assert TIMESTAMP.fullmatch(frame.pop("timestamp"))
            assert CURSOR.fullmatch(frame.pop("cursor"))
            assert isinstance(frame.pop("id"), int)
            assert frame == {
                "type": "notification",
                "title": "To all",
                "message": "M",
                "priority": "low",
            }


async def test_what_is_sent_to_a_user_reaches_all_of_its_connections_and_no_other(site):
    async with (
        listen(site) as nobody,
        listen(site, "ada") as ada,
        listen(site, "ada") as tab,
        listen(site, "bob") as bob,
    ):
        await send(site, title="For ada", user_id=site.people["ada"].user_id)
        await send(site, title="To all")
        for client in (ada, tab):
            assert [(await client.hear())["title"] for _ in range(2)] == ["For ada", "To all"]
        for client in (nobody, bob):
            assert (await client.hear())["title"] == "To all"


async def test_what_is_sent_to_some_users_reaches_each_of_them_once(site):
    ids = [site.people[name].user_id for name in ("ada", "bob", "ada")]
    async with listen(site, "ada") as ada, listen(site, "bob") as bob, listen(site, "eve") as eve:
        await send(site, title="For two", user_ids=ids)
        await send(site, title="To all")
        for client in (ada, bob):
            assert [(await client.hear())["title"] for _ in range(2)] == ["For two", "To all"]
        assert (await eve.hear())["title"] == "To all"


async def test_a_user_whose_number_begins_with_anothers_is_another(project):
    ada = project.people["ada"]
    async with listen(project, "ada") as client:
        await publish(project, f"notifications_{ada.user_id}0", title="For somebody else")
        await publish(project, f"notifications_{ada.user_id}", title="For ada")
        assert (await client.hear())["title"] == "For ada"


@pytest.mark.parametrize("priority", ["low", "normal", "high"])
async def test_a_publishers_priority_and_timestamp_are_passed_on(project, priority):
    ada = project.people["ada"]
    keys = {"priority": priority, "timestamp": "2025-01-27T12:30:45.123456"}
    async with listen(project, "ada") as client:
        await publish(project, f"notifications_{ada.user_id}", **keys)
        frame = await client.hear()
        assert (frame["title"], frame["message"]) == ("T", "M")
        assert frame | keys == frame


async def test_a_client_has_nothing_to_say_here(site):
    async with listen(site) as client:
        await client.say(action="shout", id="c-1")
        assert await client.hear() == {
            "type": "error",
            "message": "Invalid message format",
            "code": "invalid_format",
            "id": "c-1",
            "field": "action",
        }


async def test_all_hear_what_is_sent_at_once_in_one_order(site):
    async with listen(site) as one, listen(site, "ada") as two:
        await asyncio.gather(*(send(site, title=str(number)) for number in range(20)))
        heard = [[(await client.hear())["title"] for _ in range(20)] for client in (one, two)]
        assert heard[0] == heard[1]
        assert sorted(heard[0], key=int) == [str(number) for number in range(20)]


async def test_a_client_that_leaves_is_no_trouble_to_those_who_stay(site):
    async with listen(site, "ada") as stays:
        for _ in range(3):
            async with listen(site, "ada") as leaves:
                leaves.connection.transport.abort()
        await send(site, user_id=site.people["ada"].user_id)
        assert (await stays.hear())["title"] == "T"
