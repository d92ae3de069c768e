"""How a subscription ends while the connection's others go on, and what nobody misses."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.bus.base import Event
from hubbub.chat.consumer import ChatConsumer
from hubbub.chat.rooms import room_group
from hubbub.chat.services import apost
from hubbub.fanout.frame import make_frame
from hubbub.fanout.hub import local_hub
from hubbub.journal.process import local_followers
from hubbub.streams import consumer as stream_consumer
from hubbub.streams.reviews import review
from hubbub.streams.subscription import Subscription
from hubbub.testing import Member
from hubbub.wire.closes import TOO_SLOW, TRY_LATER
from tests.streams import gates
from tests.streams.sockets import many, new_name, post, subscribe

pytestmark = pytest.mark.django_db


def over(stream, code):
    return {"type": "unsubscribed", "stream": stream, "code": code}


def test_a_consumer_that_fails_ends_its_stream_and_not_the_connection(monkeypatch, caplog):
    room, other = f"chat:{new_name()}", f"chat:{new_name()}"
    with many() as member:
        subscribe(member, room)
        subscribe(member, other)
        with monkeypatch.context() as patch:
            patch.setattr(ChatConsumer, "do", lambda *_: 1 / 0)
            member.say(type="typing", stream=room)
            assert member.hear() == over(room, "gone")
        assert f"stream={room}" in caplog.text
        post(room.partition(":")[2], "nobody hears it")
        member.say(type="presence", stream=other)
        assert member.hear()["stream"] == other
        assert subscribe(member, room)["seq"] == 1


def test_who_may_not_enter_is_told_so_and_hears_the_others(answers):
    room = f"chat:{new_name()}"
    with many() as member:
        subscribe(member, "counter:a")
        member.hear_until(type="user_count_update")
        answers.no.add("enter")
        member.say(type="subscribe", stream=room, id="s")
        error = member.hear()
        assert (error["code"], error["stream"], error["id"]) == ("forbidden", room, "s")
        member.say(action="increment", stream="counter:a")
        assert member.hear()["type"] == "counter_update"


def test_what_is_taken_away_ends_the_stream_and_nothing_comes_after_it(answers):
    name = new_name()
    with many() as member:
        subscribe(member, f"chat:{name}")
        answers.no.add("enter")
        review("chat", name)
        assert member.hear() == over(f"chat:{name}", "forbidden")
        post(name, "x")
        member.say(type="chat_message", stream=f"chat:{name}", message="y")
        assert member.hear()["code"] == "not_subscribed"
        member.hear_nothing_more()


def test_who_may_not_read_is_told_so_and_hears_what_comes(answers):
    name = new_name()
    post(name, "before")
    answers.no.add("read")
    with many() as member:
        member.say(type="subscribe", stream=f"chat:{name}", since=0)
        assert member.hear()["code"] == "forbidden"
        assert member.hear_until(type="subscribed")["seq"] == 1
        post(name, "after")
        assert member.hear()["message"] == "after"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["unsubscribe", "taken"])
async def test_what_ends_while_the_snapshot_is_read_tells_nothing(monkeypatch, answers, way):
    name = new_name()
    stream = f"chat:{name}"
    await apost(room=name, message="a")
    gate, inside = gates.hold_back(monkeypatch, stream_consumer, "attach")
    async with many() as member:
        await member.say(type="subscribe", stream=stream, since=0, id="s")
        await gates.until(lambda: inside)
        if way == "unsubscribe":
            await member.say(type="unsubscribe", stream=stream)
            assert await member.hear() == over(stream, "asked")
        else:
            answers.no.add("enter")
            review("chat", name)
            error = await member.hear()
            assert (error["code"], error["id"]) == ("forbidden", "s")
        gate.set()
        await apost(room=name, message="b")
        await member.hear_nothing_more()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("close", "code"), [(TRY_LATER, "gone"), (TOO_SLOW, "too_slow")])
async def test_a_stream_that_is_lost_can_be_subscribed_again(close, code):
    name = new_name()
    async with many() as member:
        await member.say(type="subscribe", stream=f"chat:{name}")
        await member.hear_until(type="subscribed")
        local_hub().close(room_group(name), close)
        assert await member.hear() == over(f"chat:{name}", code)
        await apost(room=name, message="missed")
        await member.say(type="subscribe", stream=f"chat:{name}", since=0)
        assert (await member.hear())["missed"] == 1
        assert (await member.hear())["message"] == "missed"


@pytest.mark.django_db(transaction=True)
async def test_one_socket_hears_what_thirty_hear_in_the_same_order(settings):
    settings.HUBBUB_RATE_LIMIT = None
    names = [new_name() for _ in range(30)]
    plain = {name: Member(f"/ws/chat/{name}/?since=0") for name in names}
    async with many() as member:
        for name in names:
            await plain[name].connect()
        posts = [apost(room=name, message=f"{n}") for n in range(5) for name in names]
        publishing = asyncio.gather(*posts)
        for name in names:
            await member.say(type="subscribe", stream=f"chat:{name}", since=0)
        await publishing
        for name in names:
            await plain[name].hear_until(type="chat_message", seq=5)
        told = {name: [] for name in names}
        while sum(map(len, told.values())) < 5 * len(names):
            frame = await member.hear()
            if frame["type"] == "chat_message":
                told[frame.pop("stream").partition(":")[2]].append(frame)
        for name in names:
            said = [frame for frame in plain[name].heard if frame["type"] == "chat_message"]
            assert told[name] == said
            await plain[name].hang_up()


async def test_the_place_is_told_behind_what_was_told_in_the_same_turn(monkeypatch):
    room = new_name()
    stream, tell = f"chat:{room}", Subscription.tell_place

    def tell_amid_a_turn(subscription, request_id):
        followers = local_followers()
        frame = make_frame(b'{"type":"chat_message","seq":1}')
        followers.take([Event(stream, followers.find(stream).epoch, 1, frame)])
        tell(subscription, request_id)

    async with many() as member:
        await member.say(type="subscribe", stream=stream, id="one")
        await member.hear_until(type="subscribed")
        monkeypatch.setattr(Subscription, "tell_place", tell_amid_a_turn)
        await member.say(type="subscribe", stream=stream, id="two")
        frames = [await member.hear() for _ in range(2)]
        assert [frame["type"] for frame in frames] == ["chat_message", "subscribed"]
        assert [frame["seq"] for frame in frames] == [1, 1]
