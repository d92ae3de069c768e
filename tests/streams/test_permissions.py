"""Who may: what a policy answers, how often it is asked, and what becomes of its mistakes."""

import asyncio
import logging
from contextlib import suppress
from urllib.parse import unquote

import pytest
from django.contrib.auth import get_user_model
from django.db import InterfaceError, OperationalError
from django.test import AsyncClient

from hubbub.accounts.tokens import token_create
from hubbub.chat import listing
from hubbub.chat import services as chat
from hubbub.crossing import in_database
from hubbub.fanout.hub import local_hub
from hubbub.streams.permissions import Policy
from hubbub.streams.reviews import review
from hubbub.testing import Closed, Goodbye, Member, Refused
from tests.streams.policies import PATH, Away, book

LOBBY = "/ws/chat/lobby/"
MESSAGES = "/api/chat/lobby/messages/"
FORBIDDEN = {"type": "error", "message": "Not allowed", "code": "forbidden"}
REQUESTS = ({"type": "chat_message", "message": "a", "id": "c-1"}, {"type": "typing"})
BOTH = pytest.mark.parametrize("policy", ["Booked", "Async"])


@pytest.fixture
async def ada(transactional_db):
    return await in_database(get_user_model().objects.create_user, "ada")


async def post(path, **body):
    return await AsyncClient().post(path, body, content_type="application/json")


def asked(right):
    return [one for one in book.asked if one[0] == right]


async def refused(member):
    assert await member.hear() == FORBIDDEN
    assert await member.hear_goodbye() == Goodbye(4403, "not allowed")


@BOTH
async def test_who_may_not_enter_is_told_and_sent_away_and_the_others_notice_nothing(
    answers, settings, policy
):
    settings.HUBBUB_CHAT_POLICY = PATH + policy
    async with Member(LOBBY) as inside:
        await inside.say(type="presence")
        await inside.hear_until(type="presence", count=1)
        answers.no = {"enter"}
        async with Member(LOBBY) as outside:
            await refused(outside)
        await inside.hear_nothing_more()


async def test_what_comes_with_the_handshake_of_one_who_may_not_enter_is_not_done(answers):
    answers.no = {"enter"}
    async with Member(LOBBY + "?history=10") as outside:
        with suppress(Closed):
            await outside.say(type="ping")
            await outside.say(type="chat_message", message="Hello", id="c-1")
            await outside.say(type="presence")
        await refused_but_for_pongs(outside)
    assert local_hub().groups() == 0
    assert (await in_database(chat.Message.objects.count)) == 0


async def refused_but_for_pongs(member):
    assert await member.hear_goodbye() == Goodbye(4403, "not allowed")
    assert [frame for frame in member.heard if frame != {"type": "pong"}] == [FORBIDDEN]


async def test_it_is_asked_once_a_connection_and_a_message_costs_nothing(answers):
    async with Member(LOBBY) as member:
        for number in range(5):
            await member.say(type="chat_message", message=f"{number}")
            await member.hear_until(message=f"{number}")
        await member.say(type="history")
        await member.hear_until(type="history")
    assert [right for right, _, _ in answers.asked] == [
        "enter",
        "read",
        "send",
        "moderate",
        "begin",
    ]


async def test_it_is_asked_about_a_caller_and_the_streams_own_name(answers, ada):
    secret = await in_database(lambda: token_create(user=ada))
    async with Member(LOBBY, token=secret) as member:
        await member.say(type="presence")
        await member.hear_until(type="presence")
    ((_, caller, name),) = asked("enter")
    assert name == "lobby"
    assert (caller.user_id, caller.username, caller.is_staff) == (ada.pk, "ada", False)
    assert caller.known_by == "token"
    assert await caller.auser() == ada
    assert await in_database(caller.user) == ada


async def test_each_way_to_be_known_has_its_word(answers, ada):
    async with Member(LOBBY) as nobody, Member(LOBBY, user=ada) as somebody:
        for one in (nobody, somebody):
            await one.say(type="presence")
            await one.hear_until(type="presence")
    assert {caller.known_by for _, caller, _ in asked("enter")} == {"anonymous", "session"}
    assert await nobody_of(asked("enter")).auser() is None


def nobody_of(asked):
    return next(caller for _, caller, _ in asked if caller.user_id is None)


async def test_who_may_not_send_hears_and_is_heard_by_nobody(answers):
    async with Member(LOBBY) as listener:
        await listener.say(type="presence")
        await listener.hear_until(type="presence")
        answers.no = {"send"}
        async with Member(LOBBY, subprotocols=["hubbub.v1"]) as mute:
            await listener.hear_until(event="user_joined")
            for request in REQUESTS:
                await mute.say(**request)
                kept = {key: request[key] for key in ("id",) if key in request}
                assert await mute.hear() == FORBIDDEN | kept
            assert (await post(MESSAGES, message="a")).status_code == 403
            await listener.say(type="chat_message", message="heard")
            assert (await mute.hear())["message"] == "heard"
            assert (await listener.hear())["message"] == "heard"


@pytest.mark.parametrize("query", ["?history=10", "?since=0"])
async def test_who_may_not_read_is_there_and_learns_nothing_of_before(answers, query):
    await in_database(lambda: chat.post(room="lobby", message="before"))
    answers.no = {"read"}
    async with Member(LOBBY + query) as member:
        assert await member.hear() == FORBIDDEN
        await member.say(type="history")
        assert await member.hear() == FORBIDDEN
        await member.say(type="chat_message", message="now")
        assert (await member.hear())["message"] == "now"
    assert (await AsyncClient().get(MESSAGES)).status_code == 403
    assert (await AsyncClient().get("/api/chat/lobby/presence/")).status_code == 200


async def test_who_may_not_begin_sends_where_others_have(answers, settings):
    answers.no = {"begin"}
    async with Member(LOBBY) as member:
        await member.say(type="chat_message", message="first")
        assert await member.hear() == FORBIDDEN
        assert (await post(MESSAGES, message="first")).status_code == 403
        await in_database(lambda: chat.post(room="lobby", message="begun"))
        assert (await member.hear())["message"] == "begun"
        await member.say(type="chat_message", message="second")
        assert (await member.hear())["message"] == "second"


async def test_over_http_what_may_not_be_entered_is_refused_and_in_no_list(answers):
    await in_database(lambda: chat.post(room="lobby", message="before"))
    answers.no = {"enter"}
    for path in (MESSAGES, "/api/chat/lobby/presence/", "/api/chat/nothing/messages/"):
        answer = await AsyncClient().get(path)
        assert (answer.status_code, answer.json()["message"]) == (403, "Not allowed")
    assert (await post(MESSAGES, message="a")).status_code == 403
    assert (await AsyncClient().get("/api/chat/rooms/")).json()["data"]["rooms"] == []


def test_what_is_no_kind_cannot_be_asked_about_again():
    with pytest.raises(LookupError, match="no kind of stream is registered as 'chats'"):
        review("chats")


ODD = [
    "Broken",
    "BrokenAsync",
    "Mistaken",
    "Ended",
    "EndedAsync",
    "CancelledAsync",
    "Halted",
    "HaltedAsync",
    "ClosedAsync",
    "Forgetful",
    "Truthy",
]


@pytest.mark.parametrize("policy", ODD)
async def test_a_policy_that_goes_wrong_is_a_no_and_a_line_in_the_log(
    answers, settings, policy, caplog
):
    settings.HUBBUB_CHAT_POLICY = PATH + policy
    caplog.set_level(logging.INFO, "hubbub.streams")
    async with Member(LOBBY) as member:
        await refused(member)
    assert (await AsyncClient().get(MESSAGES)).status_code == 403
    (line, *_) = [one for one in caplog.records if one.name == "hubbub.streams"]
    assert line.event == "permission_failed"
    assert line.exc_info is None


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
async def test_while_its_database_is_away_nobody_comes_in_and_nobody_is_sent_away(
    answers, settings, caplog, monkeypatch, error
):
    monkeypatch.setattr(Away, "error", error)
    settings.HUBBUB_CHAT_POLICY = PATH + "Away"
    async with Member(LOBBY) as inside:
        await inside.say(type="presence")
        await inside.hear()
        answers.gate.clear()
        with pytest.raises(Refused, match="503"):
            await Member(LOBBY).connect()
        assert (await AsyncClient().get(MESSAGES)).status_code == 503
        review("chat")
        await logged(caplog, "permission_unknown")
        await inside.say(type="chat_message", message="still here")
        await inside.hear_until(message="still here")
        answers.no = {"enter"}
        answers.gate.set()
        await refused(inside)


async def logged(caplog, event):
    async with asyncio.timeout(10):
        while event not in {getattr(one, "event", "") for one in caplog.records}:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_it_may_ask_the_tables(settings, ada):
    settings.HUBBUB_CHAT_POLICY = PATH + "OfTheTable"
    async with Member("/ws/chat/ada/", user=ada) as member:
        await member.say(type="presence")
        await member.hear_until(type="presence")
    async with Member("/ws/chat/bob/", user=ada) as member:
        await refused(member)


async def test_a_list_that_takes_too_long_is_given_up(answers, settings, monkeypatch):
    settings.HUBBUB_CHAT_POLICY = PATH + "Slow"
    monkeypatch.setattr(listing, "LIST_SECONDS", 0.05)
    await in_database(lambda: chat.post(room="slow", message="before"))
    answers.gate.clear()
    assert (await AsyncClient().get("/api/chat/rooms/")).status_code == 503


async def test_a_list_goes_on_where_many_rooms_are_closed(settings, transactional_db, monkeypatch):
    settings.HUBBUB_CHAT_POLICY = PATH + "Vowels"
    monkeypatch.setattr(listing, "CHUNK", 2)
    for room in "abcdefghi":
        await in_database(lambda room=room: chat.post(room=room, message="before"))
    page = (await AsyncClient().get("/api/chat/rooms/?limit=2")).json()["data"]
    assert ([room["name"] for room in page["rooms"]], page["more"]) == (["a", "e"], True)
    page = (await AsyncClient().get("/api/chat/rooms/?limit=2&after=e")).json()["data"]
    assert ([room["name"] for room in page["rooms"]], page["more"]) == (["i"], False)


class NoSecret(Policy):
    """A project's, that knows a room by its name."""

    def may_enter(self, caller, name):
        names.append(name)
        return name != "secret"


names: list[str] = []
#: Spellings of a name, and as what a policy is asked about them; None where there can be no such.
SPELLINGS = {
    "secret": "secret",
    "%73ecret": "secret",
    "%2573ecret": None,
    "SECRET": "SECRET",
    "secret%20": None,
    "secret%00": None,
    "secret%0a": None,
    "secret%2f": None,
    "./secret": None,
    "s%ef%bd%85cret": None,
    "%c5%bfecret": None,
    "secret;x": None,
}


@pytest.mark.parametrize("spelt", SPELLINGS)
async def test_a_name_that_reads_like_another_passes_by_no_policy(
    settings, transactional_db, spelt
):
    settings.HUBBUB_CHAT_POLICY = "tests.streams.test_permissions.NoSecret"
    names.clear()
    meant = SPELLINGS[spelt]
    status = (await AsyncClient().get(f"/api/chat/{spelt}/messages/")).status_code
    assert status == (404 if meant is None else 403 if meant == "secret" else 200)
    assert set(names) == ({meant} if meant else set())
    names.clear()
    async with Member("/ws/", subprotocols=["hubbub.v1"]) as member:
        await member.say(type="subscribe", stream=f"chat:{unquote(spelt)}")
        answer = await member.hear()
        code = "not_found" if meant is None else "forbidden" if meant == "secret" else None
        assert answer.get("code") == code
    assert set(names) == ({meant} if meant else set())
