"""Those who wait for an answer about one stream are asked about together."""

import asyncio
import itertools
from threading import Event

import pytest
from django.contrib.auth import get_user_model

from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.chat.gate import gate
from hubbub.chat.members import aroom_save, member_save, room_save
from hubbub.chat.policies import Members, SignedIn, rights_together
from hubbub.chat.sanctions import user_ban, user_mute
from hubbub.crossing import in_database
from hubbub.errors import OverloadedError
from hubbub.streams import together
from hubbub.streams.permissions import Policy
from hubbub.streams.present import Present
from hubbub.streams.rights import OPEN
from hubbub.streams.together import ask_together
from tests.queries import all_queries

CALLERS = [Caller(number) for number in range(5)]


class Many:
    """Answers when the gate is open; notes who was asked about together."""

    def __init__(self, error=None):
        self.asked = []
        self.gate = Event()
        self.error = error

    def __call__(self, callers, name):
        self.asked.append([caller.user_id for caller in callers])
        assert self.gate.wait(10)
        if self.error is not None:
            raise self.error
        return [OPEN._replace(until=f"{name} {caller.user_id}") for caller in callers]

    def ask(self, number, name="den"):
        return asyncio.create_task(ask_together((self, name), self, CALLERS[number], name))

    async def begins(self, calls=1):
        async with asyncio.timeout(10):
            while len(self.asked) < calls:  # noqa: ASYNC110 - of a thread
                await asyncio.sleep(0.001)


async def test_who_comes_while_others_are_asked_about_is_in_the_next_question():
    many = Many()
    first = many.ask(0)
    await many.begins()
    rest = [many.ask(number) for number in (1, 2, 3)]
    await asyncio.sleep(0)
    many.gate.set()
    answers = await asyncio.gather(first, *rest)
    assert many.asked == [[0], [1, 2, 3]]
    assert [one.until for one in answers] == [f"den {number}" for number in range(4)]
    assert not together._waiting


async def test_each_stream_is_asked_about_by_itself():
    many = Many()
    both = [many.ask(0, "den"), many.ask(1, "kitchen")]
    await many.begins(2)
    many.gate.set()
    assert [one.until for one in await asyncio.gather(*both)] == ["den 0", "kitchen 1"]


async def test_so_many_at_a_time(monkeypatch):
    monkeypatch.setattr(together, "AT_ONCE", 2)
    many = Many()
    many.gate.set()
    await asyncio.gather(*map(many.ask, range(5)))
    assert [len(asked) for asked in many.asked] == [2, 2, 1]


async def test_what_goes_wrong_all_are_told_and_the_next_are_asked_about():
    many = Many(OverloadedError("away"))
    first = [many.ask(0), many.ask(1)]
    await many.begins()
    many.gate.set()
    assert all(
        isinstance(one, OverloadedError)
        for one in await asyncio.gather(*first, return_exceptions=True)
    )
    many.error = None
    assert (await many.ask(2)).until == "den 2"


async def test_one_who_waits_no_longer_keeps_nobody_else_waiting():
    many = Many()
    gone, stays = many.ask(0), many.ask(1)
    await many.begins()
    gone.cancel()
    await asyncio.sleep(0)
    many.gate.set()
    assert (await stays).until == "den 1"
    assert (await many.ask(2)).until == "den 2"


class Quiet(Members):
    def may_send(self, caller, name):
        return False


def test_a_project_s_own_policy_is_asked_about_each():
    assert rights_together(Quiet()) is None
    assert None not in {rights_together(one()) for one in (Policy, SignedIn, Members)}
    own = Members()
    own.may_read = lambda caller, name: False
    assert rights_together(own) is None


@pytest.mark.parametrize("policy", ["Anyone", "SignedIn", "Members"])
async def test_together_is_answered_what_each_is_answered(settings, transactional_db, policy):
    settings.HUBBUB_CHAT_POLICY = f"hubbub.chat.policies.{policy}"
    callers = await in_database(make_callers)
    alone = gate._replace(together=None, spares=None)
    for room in ("public", "members", "hidden", "nowhere"):
        answers = await asyncio.gather(*(gate.ask(caller, room) for caller in callers))
        assert answers == [await alone.ask(caller, room) for caller in callers]
        assert len(set(answers)) > 1 or room == "nowhere"


def make_callers():
    """Nobody, and for each role somebody who is staff or not, at peace, muted or banned."""
    callers = [ANONYMOUS]
    for access in ("public", "members", "hidden"):
        room_save(name=access, access=access)
    for number, (role, is_staff, take) in enumerate(
        itertools.product(
            (None, "member", "moderator", "owner"), (False, True), (None, user_mute, user_ban)
        )
    ):
        user = get_user_model().objects.create_user(f"u{number}")
        callers.append(Caller(user.pk, user.username, is_staff))
        for access in ("public", "members", "hidden"):
            if role is not None:
                member_save(room=access, user_id=user.pk, role=role)
            if take is not None:
                take(user_id=user.pk, room=access)
    return callers


class There:
    """A member who is told what it may."""

    def __init__(self, number):
        self.caller = Caller(number)
        self.told = asyncio.get_running_loop().create_future()

    def allow(self, rights):
        self.told.set_result(rights.enter)


async def test_a_full_room_that_is_closed_costs_few_questions(
    settings, transactional_db, monkeypatch
):
    settings.HUBBUB_CHAT_POLICY = "hubbub.chat.policies.Members"
    await in_database(lambda: room_save(name="den"))
    present, members = Present(asyncio.get_running_loop()), [There(n) for n in range(1, 1001)]
    with all_queries(monkeypatch) as asked:
        await asyncio.gather(*(present.enter("chat:den", member) for member in members))
    assert len(asked) < 50
    await aroom_save(name="den", access="hidden")
    with all_queries(monkeypatch) as asked:
        present.review("chat", "den", None)
        async with asyncio.timeout(60):
            assert not any(await asyncio.gather(*(member.told for member in members)))
    assert len(asked) < 200
    for member in members:
        present.leave("chat:den", member)
