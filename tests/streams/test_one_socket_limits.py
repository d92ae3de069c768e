"""What is bounded on a connection that hears many streams."""

from __future__ import annotations

import asyncio

import pytest
from django.contrib.auth import get_user_model

from hubbub.chat.consumer import ChatConsumer
from hubbub.streams.one_socket import AT_ONCE
from hubbub.tasks import under_way
from hubbub.wire.names import STREAM_LENGTH
from tests.streams import gates
from tests.streams.sockets import change, many, new_name, post, subscribe

pytestmark = pytest.mark.django_db


def test_a_connection_hears_128_streams_and_not_129():
    name = new_name()
    with many() as member:
        for number in range(128):
            member.say(type="subscribe", stream=f"chat:{name}{number}", id=str(number))
        answers = [member.hear() for _ in range(128)]
        assert {answer["type"] for answer in answers} == {"subscribed"}
        assert {answer["id"] for answer in answers} == {str(number) for number in range(128)}
        member.say(type="subscribe", stream=f"chat:{name}x", id="x")
        error = member.hear()
        assert (error["code"], error["stream"], error["id"]) == ("too_many", f"chat:{name}x", "x")
        assert subscribe(member, f"chat:{name}7")["seq"] == 0  # not one more
        member.say(type="unsubscribe", stream=f"chat:{name}7")
        member.hear_until(type="unsubscribed")
        assert subscribe(member, f"chat:{name}x")["seq"] == 0


@pytest.mark.parametrize("cap", [1, None])
def test_the_setting_says_how_many(settings, cap):
    settings.HUBBUB_MAX_STREAMS = cap
    with many() as member:
        subscribe(member, "counter:a")
        member.hear_until(type="user_count_update")
        member.say(type="subscribe", stream="counter:b")
        assert member.hear().get("code") == ("too_many" if cap else None)


def test_a_name_longer_than_any_stream_has_is_refused():
    with many() as member:
        for length, code in ((STREAM_LENGTH, "not_found"), (STREAM_LENGTH + 1, "invalid_format")):
            member.say(type="subscribe", stream="chat:" + "x" * (length - 5))
            assert member.hear()["code"] == code


def test_the_rate_is_the_connections(settings):
    settings.HUBBUB_RATE_LIMIT = "3/m"
    with many() as member:
        subscribe(member, "chat:a")
        subscribe(member, "chat:b")
        for stream in ("chat:a", "chat:b", "chat:a"):
            member.say(type="typing", stream=stream)
        member.say(type="typing", stream="chat:b", id="t")
        error = member.hear()
        assert (error["code"], error["stream"], error["id"]) == ("rate_limited", "chat:b", "t")
        assert error["retry_after"] > 0


def test_a_page_that_comes_back_subscribes_to_all_of_its_streams_at_once_and_speaks():
    name = new_name()
    with many() as member:
        for number in range(128):
            member.say(type="subscribe", stream=f"chat:{name}{number}")
        for number in range(100):
            member.say(type="chat_message", stream=f"chat:{name}{number}", message="m", id="m")
        member.say(type="typing", stream=f"chat:{name}0", id="101")
        assert member.hear_until(type="error")["code"] == "rate_limited"
        while sum(frame["type"] == "ack" for frame in member.heard) < 100:
            member.hear()
        assert sum(frame["type"] == "error" for frame in member.heard) == 1


def test_to_subscribe_is_no_message_of_its_user_and_of_its_address_either(settings):
    settings.HUBBUB_RATE_LIMIT_USER = settings.HUBBUB_RATE_LIMIT_ADDRESS = "1/m"
    ada = get_user_model().objects.create_user(new_name())
    with many(user=ada) as member:
        for _ in range(5):
            subscribe(member, f"chat:{new_name()}")
        stream = f"chat:{new_name()}"
        subscribe(member, stream)
        member.say(type="typing", stream=stream)
        member.say(type="typing", stream=stream)
        assert member.hear()["code"] == "rate_limited"


def test_to_subscribe_more_often_than_one_may_hear_streams_counts_as_messages(settings):
    settings.HUBBUB_MAX_STREAMS, settings.HUBBUB_RATE_LIMIT = 2, "3/m"
    with many() as member:
        for _ in range(2):
            subscribe(member, "chat:a")
        for _ in range(3):
            subscribe(member, "chat:a")
        member.say(type="subscribe", stream="chat:a", id="s")
        assert member.hear_until(id="s")["code"] == "rate_limited"


def test_where_streams_have_no_bound_each_subscribe_is_a_message(settings):
    settings.HUBBUB_MAX_STREAMS, settings.HUBBUB_RATE_LIMIT = None, "1/m"
    with many() as member:
        subscribe(member, "chat:a")
        member.say(type="subscribe", stream="chat:b")
        assert member.hear_until(type="error")["code"] == "rate_limited"


def test_a_full_room_is_one_streams_trouble(settings):
    settings.HUBBUB_MAX_MEMBERS = 1
    room, other = new_name(), new_name()
    with many() as first, many() as second:
        subscribe(first, f"chat:{room}")
        second.say(type="subscribe", stream=f"chat:{room}", id="s")
        error = second.hear()
        assert (error["code"], error["id"]) == ("overloaded", "s")
        assert error["retry_after"]
        subscribe(second, f"chat:{other}")
        first.say(type="unsubscribe", stream=f"chat:{room}")
        first.hear_until(type="unsubscribed")
        subscribe(second, f"chat:{room}")


@pytest.mark.parametrize(
    ("setting", "stream"),
    [
        ("HUBBUB_CHAT_REQUIRES_USER", "chat:a"),
        ("HUBBUB_COUNTER_REQUIRES_USER", "counter:a"),
        ("HUBBUB_NOTIFICATIONS_REQUIRES_USER", "notifications"),
    ],
)
def test_a_stream_that_asks_for_a_user_asks_here_too(settings, setting, stream):
    setattr(settings, setting, True)
    with many() as member:
        member.say(type="subscribe", stream=stream, id="s")
        error = member.hear()
        assert (error["code"], error["stream"]) == ("unauthenticated", stream)
        member.say(type="ping")
        assert member.hear() == {"type": "pong"}
    ada = get_user_model().objects.create_user(new_name())
    with many(user=ada) as member:
        subscribe(member, stream)


async def test_only_so_many_are_on_their_way_in_at_a_time(monkeypatch):
    gate, inside = gates.hold_back(monkeypatch, ChatConsumer, "admit")
    async with many() as member:
        streams = [f"chat:{new_name()}" for _ in range(AT_ONCE + 1)]
        for stream in streams:
            await member.say(type="subscribe", stream=stream)
        await gates.until(lambda: len(inside) == AT_ONCE)
        await member.say(type="subscribe", stream="counter:a")
        await member.say(type="ping")
        assert await member.hear() == {"type": "pong"}
        assert len(inside) == AT_ONCE
        gate.set()
        for _ in (*streams, "counter:a"):
            await member.hear_until(type="subscribed")


async def test_what_waits_for_a_subscription_is_bounded(monkeypatch, settings):
    settings.HUBBUB_RATE_LIMIT = None
    monkeypatch.setattr("hubbub.streams.subscription.HELD", 3)
    gate, _ = gates.hold_back(monkeypatch, ChatConsumer, "admit")
    stream = f"chat:{new_name()}"
    async with many() as member:
        await member.say(type="subscribe", stream=stream)
        for number in range(4):
            text = f"m{number}"
            await member.say(type="chat_message", stream=stream, message=text, id=text)
        error = await member.hear()
        assert (error["code"], error["id"], error["stream"]) == ("overloaded", "m3", stream)
        gate.set()
        for number in range(3):
            assert (await member.hear_until(type="ack"))["id"] == f"m{number}"


async def test_who_unsubscribes_while_it_is_asked_whether_it_may_enter_is_gone(monkeypatch):
    gate, inside = gates.hold_back(monkeypatch, ChatConsumer, "admit")
    stream = f"chat:{new_name()}"
    async with many() as member:
        await member.say(type="subscribe", stream=stream, id="s")
        await member.say(type="chat_message", stream=stream, message="m", id="m")
        await gates.until(lambda: inside)
        await member.say(type="subscribe", stream=stream, id="s2")
        await member.say(type="unsubscribe", stream=stream, id="u")
        for request_id in ("m", "s2"):
            error = await member.hear()
            assert (error["code"], error["id"]) == ("not_subscribed", request_id)
        assert (await member.hear())["id"] == "u"
        gate.set()
        await member.hear_nothing_more()
        await member.say(type="subscribe", stream=stream, id="again")
        assert (await member.hear())["id"] == "again"
        await member.hear_nothing_more()


async def test_the_tasks_of_a_connection_end_with_it(monkeypatch):
    _, inside = gates.hold_back(monkeypatch, ChatConsumer, "admit")
    async with many() as member:
        await member.say(type="subscribe", stream=f"chat:{new_name()}")
        await gates.until(lambda: inside)
    await asyncio.sleep(0)
    assert not under_way()


def test_a_counter_and_a_room_of_one_name_are_two_streams():
    name = new_name()
    with many() as member:
        subscribe(member, f"chat:{name}")
        subscribe(member, f"counter:{name}")
        post(name, "x")
        change(name, 1)
        assert member.hear_until(type="chat_message")["stream"] == f"chat:{name}"
        assert member.hear_until(type="counter_update")["stream"] == f"counter:{name}"
