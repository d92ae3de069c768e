"""Who is staff no more may no more, and who is from now on may: while it is connected."""

import asyncio

import pytest
from django.contrib.auth import get_user_model

from hubbub.accounts.grants import local_grants
from hubbub.accounts.tokens import token_create
from hubbub.chat.members import room_save
from hubbub.crossing import in_database
from hubbub.tasks import under_way
from hubbub.testing import Member
from tests.streams.games import new_game
from tests.streams.gates import until
from tests.streams.test_present import come_in, refused_after

LOBBY = "/ws/chat/lobby/"


@pytest.fixture(autouse=True)
def paths(settings, transactional_db):
    settings.ROOT_URLCONF = "tests.testing.urls"


@pytest.fixture
def people():
    make = get_user_model().objects.create_user
    return {name: make(name, is_staff=name == "eve") for name in ("eve", "ada", "bob")}


def save_staff(user, *, is_staff):
    user.is_staff = is_staff
    user.save()


async def may_moderate(member, user):
    await member.say(type="unmute", user_id=user.pk)
    while (answer := await member.hear())["type"] not in {"moderated", "error"}:
        pass
    return answer["type"] == "moderated"


async def settles(member, user, *, may):
    """Wait until somebody may moderate, or may not."""
    async with asyncio.timeout(10):
        while await may_moderate(member, user) is not may:  # noqa: ASYNC110 - asked of a client
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("way", ["session", "token"])
@pytest.mark.parametrize("policy", ["Anyone", "SignedIn", "Members"])
async def test_moderating_comes_and_goes_with_it(people, settings, policy, way):
    settings.HUBBUB_CHAT_POLICY = f"hubbub.chat.policies.{policy}"
    await in_database(lambda: room_save(name="lobby"))
    eve, bob = people["eve"], people["bob"]
    token = await in_database(lambda: token_create(user=eve))
    who = {"user": eve} if way == "session" else {"token": token}
    async with Member(LOBBY, **who) as member:
        assert await may_moderate(member, bob)
        await in_database(lambda: save_staff(eve, is_staff=False))
        await settles(member, bob, may=False)
        await in_database(lambda: save_staff(eve, is_staff=True))
        await settles(member, bob, may=True)


async def test_what_is_changed_in_bulk_is_found_by_the_next_look(people):
    eve, bob = people["eve"], people["bob"]
    users = get_user_model().objects
    async with Member(LOBBY, user=eve) as member:
        assert await may_moderate(member, bob)
        await in_database(lambda: users.filter(pk=eve.pk).update(is_staff=False))
        await local_grants().look()
        await settles(member, bob, may=False)


async def test_a_room_that_is_for_staff_too_is_closed_to_who_is_none_any_more(people, settings):
    settings.HUBBUB_CHAT_POLICY = "hubbub.chat.policies.Members"
    await in_database(lambda: room_save(name="lobby", access="members"))
    async with Member(LOBBY, user=people["eve"]) as member:
        await come_in(member)
        await in_database(lambda: save_staff(people["eve"], is_staff=False))
        await refused_after(member)


async def test_over_one_socket_the_streams_that_are_for_staff_end_and_the_others_go_on(people):
    eve, game = people["eve"], new_game("closed")
    async with Member("/ws/", user=eve, subprotocols=["hubbub.v1"]) as member:
        for stream in (f"game:{game}", "chat:lobby", "notifications", "counter:a"):
            await member.say(type="subscribe", stream=stream)
            await member.hear_until(type="subscribed", stream=stream)
        await in_database(lambda: save_staff(eve, is_staff=False))
        ended = await member.hear_until(type="unsubscribed")
        assert (ended["stream"], ended["code"]) == (f"game:{game}", "forbidden")
        await member.say(type="presence", stream="chat:lobby")
        await member.hear_until(type="presence")
        await member.say(type="unmute", user_id=people["bob"].pk, stream="chat:lobby")
        assert (await member.hear_until(type="error"))["code"] == "forbidden"


async def test_nobody_else_is_asked_about(people, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "hubbub.sockets.connection.replace", lambda *_, **__: asked.append(1) or people
    )
    async with Member(LOBBY, user=people["ada"]) as member:
        await come_in(member)
        await in_database(lambda: save_staff(people["ada"], is_staff=False))
        await until(lambda: not under_way())
        await come_in(member)
    assert asked == []
