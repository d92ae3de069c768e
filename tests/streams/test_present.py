"""What was taken away from a connection ends, whatever it was about to be told."""

import asyncio
from threading import Thread

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

from hubbub.chat import services as chat
from hubbub.chat.rooms import find_room
from hubbub.crossing import in_database
from hubbub.streams.present import presents
from hubbub.streams.reviews import review
from hubbub.testing import Member
from tests.streams.test_permissions import LOBBY, refused


@pytest.fixture
async def people(answers):
    make = get_user_model().objects.create_user
    return [await in_database(make, name) for name in ("ada", "bob")]


async def come_in(member):
    await member.say(type="presence")
    await member.hear_until(type="presence")


def in_a_thread(call):
    thread = Thread(target=call)
    thread.start()
    thread.join()


async def called_async(call):
    call()


WAYS = {
    "async code": called_async,
    "a thread": lambda call: asyncio.to_thread(in_a_thread, call),
    "sync code": in_database,
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_review_ends_what_may_be_no_more_wherever_it_is_called(answers, way):
    async with Member(LOBBY) as member:
        await come_in(member)
        answers.no = {"enter"}
        await WAYS[way](lambda: review("chat", "lobby"))
        await refused(member)
        assert find_room("lobby") is None


async def test_in_a_transaction_it_is_asked_after_the_commit(answers):
    async with Member(LOBBY) as member:
        await come_in(member)
        before = len(answers.asked)

        def change():
            with transaction.atomic():
                review("chat", "lobby")
                assert len(answers.asked) == before
                answers.no = {"enter"}

        await in_database(change)
        await refused(member)


async def test_a_review_of_one_user_or_one_room_asks_about_no_others(answers, people):
    ada, bob = people
    async with (
        Member(LOBBY, user=ada) as hers,
        Member(LOBBY, user=bob) as his,
        Member("/ws/chat/kitchen/", user=bob) as elsewhere,
    ):
        for one in (hers, his, elsewhere):
            await come_in(one)
        answers.no = {"enter"}
        review("chat", "lobby", ada.pk)
        await refused_after(hers)
        await his.say(type="chat_message", message="still here")
        await his.hear_until(message="still here")
        review("chat", user_id=str(bob.pk))
        await refused_after(his)
        await refused_after(elsewhere)


async def refused_after(member):
    await member.hear_until(type="error")
    assert (await member.hear_goodbye()).code == 4403


async def test_what_was_given_back_may_be_done_again(answers):
    answers.no = {"send"}
    async with Member(LOBBY) as member:
        await member.say(type="chat_message", message="no")
        await member.hear_until(type="error")
        answers.no = set()
        review("chat")
        await settled()
        await member.say(type="chat_message", message="yes")
        await member.hear_until(message="yes")


async def settled():
    async with asyncio.timeout(10):
        await asyncio.sleep(0)
        while any(one._asking for one in presents.alive()):  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_it_is_asked_again_after_the_setting_s_seconds(answers, settings):
    settings.HUBBUB_PERMISSION_SECONDS = 1
    async with Member(LOBBY) as member:
        await come_in(member)
        answers.no = {"enter"}
        await refused(member)


@pytest.mark.parametrize("query", ["?since=0", "?history=50"])
async def test_taken_away_during_a_replay_nothing_comes_after_it(answers, monkeypatch, query):
    await in_database(lambda: chat.post(room="lobby", message="before"))
    reading, go_on = asyncio.Event(), asyncio.Event()
    hold_reads(monkeypatch, reading, go_on)
    async with Member(LOBBY + query) as member:
        await reading.wait()
        answers.no = {"enter"}
        review("chat", "lobby")
        await refused(member)
        go_on.set()
    assert [frame["type"] for frame in member.heard] == ["error"]


async def test_reading_taken_away_during_a_replay_leaves_what_is_new(answers, monkeypatch):
    await in_database(lambda: chat.post(room="lobby", message="before"))
    reading, go_on = asyncio.Event(), asyncio.Event()
    hold_reads(monkeypatch, reading, go_on)
    async with Member(LOBBY + "?since=0") as member:
        await reading.wait()
        answers.no = {"read"}
        review("chat", "lobby")
        await settled()
        go_on.set()
        assert (await member.hear())["code"] == "forbidden"
        await member.say(type="chat_message", message="new")
        assert (await member.hear())["message"] == "new"


def hold_reads(monkeypatch, reading, go_on):
    from hubbub.journal.reads import Reads

    share = Reads.share

    async def held(self, *args):
        reading.set()
        await go_on.wait()
        return await share(self, *args)

    monkeypatch.setattr(Reads, "share", held)


async def test_taken_away_while_it_is_asked_for_the_first_time_nobody_comes_in(answers, settings):
    settings.HUBBUB_CHAT_POLICY = "tests.streams.test_present.Overtaken"
    async with Member(LOBBY) as member:
        await refused(member)


class Overtaken:
    """Says yes, and before that is heard, somebody changes it."""

    def may_enter(self, caller, name):
        from tests.streams.policies import book

        if "enter" in book.no:
            return False
        book.no = {"enter"}
        review("chat", "lobby")
        return True

    def may_read(self, caller, name):
        return True

    may_send = may_moderate = may_begin = may_read


async def test_taken_away_during_a_batch_what_comes_after_it_is_not_said(answers):
    async with Member(LOBBY) as member, Member(LOBBY) as other:
        await come_in(member)
        await come_in(other)
        await member.say(type="chat_message", message="before")
        await other.hear_until(message="before")
        answers.no = {"enter"}
        for number in range(100):
            await member.say(type="chat_message", message=f"{number}", id=f"{number}")
            if number == 50:
                review("chat", "lobby")
        await refused_after(member)
        said = len(member.heard)
        await settled()
        assert len(member.heard) == said
    assert (await in_database(chat.Message.objects.count)) < 101


async def test_nobody_is_remembered_who_has_left(answers):
    async with Member(LOBBY) as member:
        await come_in(member)
        assert any(one._members for one in presents.alive())
    assert not any(one._members or one._ends for one in presents.alive())
    assert all(one._timer is None for one in presents.alive())


async def test_without_a_policy_an_anonymous_one_is_not_remembered_at_all(
    settings, transactional_db
):
    async with Member(LOBBY) as member:
        await come_in(member)
        assert not any(one._members for one in presents.alive())
