"""A project without USE_TZ: its tables are in local time, and the API tells UTC all the same."""

import asyncio
from datetime import UTC, datetime, timedelta
from time import time

import jwt
import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils.timezone import now

from hubbub.chat.sanctions import auser_mute, in_force, user_ban
from hubbub.crossing import in_database
from hubbub.testing import Member
from tests.chat.test_members import Caller
from tests.streams.test_present import come_in, settled

LOBBY = "/ws/chat/lobby/"
SECRET = "a secret of at least thirty-two bytes"


@pytest.fixture(autouse=True)
def local_time(settings, transactional_db):
    settings.ROOT_URLCONF = "tests.testing.urls"
    settings.USE_TZ = False
    settings.TIME_ZONE = "America/New_York"


@pytest.fixture
def people():
    make = get_user_model().objects.create_user
    return {name: make(name, is_staff=name == "eve") for name in ("ada", "eve")}


def is_soon(text):
    """Whether a moment, as it is told, is that of a mute of 60 seconds."""
    return abs((datetime.fromisoformat(text) - datetime.now(UTC)).total_seconds() - 60) < 30


async def test_a_mute_has_an_end_at_either_door(people):
    key = people["ada"].pk
    async with Member(LOBBY, user=people["eve"]) as eve, Member(LOBBY, user=people["ada"]) as ada:
        await come_in(ada)
        await eve.say(type="mute", user_id=key, seconds=60)
        assert is_soon((await eve.hear_until(type="moderated"))["until"])
        await settled()
        await ada.say(type="chat_message", message="no")
        assert is_soon((await ada.hear_until(type="error"))["until"])
    staff, muted = [await in_database(Caller, people[name]) for name in ("eve", "ada")]
    answer = await asyncio.to_thread(
        staff, "post", "lobby/sanctions/", action="mute", user_id=key, seconds=60
    )
    assert answer[0] == 200
    assert is_soon(answer[2]["until"])
    assert (await asyncio.to_thread(muted, "post", "lobby/messages/", message="no"))[0] == 403


@pytest.mark.parametrize("moment", [now, lambda: datetime.now(UTC)])
def test_from_python_it_is_given_with_an_offset_or_without(people, moment):
    user_ban(user_id=people["ada"].pk, until=moment() + timedelta(seconds=60))
    assert 50 < (in_force().get().until - now()).total_seconds() <= 60


async def test_a_mute_ends_by_itself(people):
    async with Member(LOBBY, user=people["ada"]) as ada:
        await come_in(ada)
        await auser_mute(user_id=people["ada"].pk, until=now() + timedelta(seconds=0.5))
        await settled()
        answer = {"type": "error"}
        async with asyncio.timeout(10):
            while answer["type"] == "error":
                await asyncio.sleep(0.05)  # the loop has its timers in between
                await ada.say(type="chat_message", message="yes")
                answer = await ada.hear()


async def test_a_token_of_others_opens_a_socket_and_gets_a_ticket(people, settings):
    settings.HUBBUB_AUTHENTICATION = ("jwt",)
    settings.HUBBUB_JWT_ALGORITHMS = "HS256"
    settings.HUBBUB_JWT_KEY = SECRET
    claims = {"sub": str(people["ada"].pk), "exp": int(time()) + 600}
    token = jwt.encode(claims, SECRET, "HS256")
    async with Member(LOBBY, token=token) as ada:
        await come_in(ada)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    answer = await asyncio.to_thread(client.post, "/api/auth/ticket/")
    assert answer.status_code == 200, answer.content
    async with Member(f"{LOBBY}?ticket={answer.json()['data']['ticket']}") as ada:
        await come_in(ada)
