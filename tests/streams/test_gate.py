"""How it is found out what a caller may: asking nothing where all may, and nobody for ever."""

import asyncio

import pytest
from django.test import AsyncClient

from hubbub.accounts.caller import Caller
from hubbub.streams import gate
from hubbub.streams.gate import Gate
from hubbub.streams.permissions import Policy
from hubbub.streams.rights import OPEN
from hubbub.testing import Member, Refused
from tests.streams.policies import PATH
from tests.streams.test_permissions import LOBBY, refused


async def test_an_open_policy_asks_nothing_of_anybody_and_knows_staff():
    opened = Gate("kind", Policy)
    assert opened.is_open()
    assert await opened.ask(nobody(), "a") is OPEN
    assert (await opened.ask(nobody(is_staff=True, user_id=1), "a")).moderate


def nobody(**fields):
    return Caller(**fields)


async def test_what_an_object_says_itself_counts_not_only_what_its_class_does(
    settings, transactional_db
):
    settings.HUBBUB_CHAT_POLICY = "tests.streams.test_gate.closed"
    async with Member(LOBBY) as member:
        await refused(member)
    assert (await AsyncClient().get("/api/chat/lobby/messages/")).status_code == 403


closed = Policy()
closed.may_enter = lambda caller, name: False


async def test_a_policy_that_takes_long_keeps_nobody_else_waiting(answers, settings):
    settings.HUBBUB_CHAT_POLICY = PATH + "Slow"
    async with Member(LOBBY) as before:
        answers.gate.clear()
        slow = [Member("/ws/chat/slow/") for _ in range(20)]
        coming = [asyncio.create_task(one.connect()) for one in slow]
        async with Member(LOBBY) as fast:
            await fast.say(type="chat_message", message="not kept waiting")
            await fast.hear_until(message="not kept waiting")
            await before.hear_until(message="not kept waiting")
        assert not any(task.done() for task in coming)
        answers.gate.set()
        await asyncio.gather(*coming)
        for one in slow:
            await one.say(type="presence")
            await one.hear_until(type="presence")
            await one.hang_up()


async def test_a_policy_that_never_answers_is_given_up(answers, settings, monkeypatch):
    settings.HUBBUB_CHAT_POLICY = PATH + "Slow"
    monkeypatch.setattr(gate, "ASK_SECONDS", 0.05)
    answers.gate.clear()
    with pytest.raises(Refused, match="503"):
        await Member("/ws/chat/slow/").connect()
    assert (await AsyncClient().get("/api/chat/slow/messages/")).status_code == 503
