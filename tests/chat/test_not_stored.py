"""Chat with HUBBUB_CHAT_STORE off: told to those who are there, and stored nowhere."""

from __future__ import annotations

import asyncio
import secrets

import pytest
from channels.layers import get_channel_layer
from django.db import transaction

from hubbub.chat import services as chat
from hubbub.chat.models import Message
from hubbub.chat.table import Body, passing_frame
from hubbub.testing import Member
from tests.queries import all_queries

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("hubbub.urls")]

NO_HISTORY = {"type": "history", "messages": [], "seq": 0, "epoch": "none", "more": False}
NOT_RECOVERED = {"type": "recovery", "recovered": False, "seq": 0, "epoch": "none"}


@pytest.fixture(autouse=True)
def unstored(settings):
    settings.HUBBUB_CHAT_STORE = False


@pytest.fixture
def room():
    return f"r{secrets.token_hex(4)}"


def test_a_message_is_told_as_in_version_1_and_the_database_is_asked_nothing(room, monkeypatch):
    with Member(f"/ws/chat/{room}/") as one, all_queries(monkeypatch) as asked:
        for text in ("a", "b"):
            one.say(type="chat_message", message=text, id=text)
            frame = one.hear()
            assert frame.keys() == {"type", "message", "username", "timestamp"}
            assert (frame["message"], frame["username"]) == (text, "Anonymous")
            assert one.hear() == {"type": "ack", "id": text}
        one.say(type="history")
        assert one.hear() == NO_HISTORY
        one.say(type="presence")
        assert one.hear()["count"] == 1
    assert asked == []
    assert not Message.objects.filter(name=room).exists()


@pytest.mark.parametrize("user_id", [None, 7, "abc", "ada@example.org"])
@pytest.mark.parametrize("data", [None, '{"a":[1]}'])
def test_what_a_socket_says_is_told_as_what_python_says(room, user_id, data):
    said = ("a", "ada", "2026-01-01T00:00:00.000000+00:00")
    entry = chat.entry_of(room, Body(*said, data), user_id, "")
    assert passing_frame(*said, user_id, data) == entry.told.frame


@pytest.mark.parametrize(
    ("query", "frames"),
    [
        ("?history=50", [NO_HISTORY]),
        ("?since=7&epoch=k3f9", [NOT_RECOVERED]),
        ("?since=7&history=50", [NOT_RECOVERED, NO_HISTORY]),
    ],
)
def test_what_was_missed_is_lost_and_told_so_first(room, query, frames):
    chat.post(room=room, message="missed")
    with Member(f"/ws/chat/{room}/{query}") as one:
        chat.post(room=room, message="heard")
        assert [one.hear() for _ in frames] == frames
        assert one.hear()["message"] == "heard"


def test_python_tells_after_the_commit_or_not_at_all(room):
    with Member(f"/ws/chat/{room}/") as one:
        with transaction.atomic():
            chat.post(room=room, message="no")
            transaction.set_rollback(True)
        with transaction.atomic():
            assert chat.post(room=room, message="yes").seq == 0
        assert one.hear()["message"] == "yes"


async def test_version_1s_publishers_are_told_and_not_stored(room):
    event = {"type": "chat_message", "message": "hi", "username": "bot", "timestamp": "t"}
    async with Member(f"/ws/chat/{room}/") as one:
        await get_channel_layer().group_send(f"chat_{room}", event)
        assert await one.hear() == event


def test_over_http_it_is_told_and_a_page_says_that_nothing_is_kept(room, client):
    path = f"/api/chat/{room}/messages/"
    with Member(f"/ws/chat/{room}/") as one:
        answer = client.post(path, {"message": "hi"}, content_type="application/json").json()
        assert answer["data"] == one.hear()
    page = client.get(path).json()
    assert (page["message"], page["data"]["messages"]) == ("Nothing is kept", [])


def test_who_may_not_begin_may_not_speak(room, settings, client):
    settings.HUBBUB_CHAT_BEGIN = "staff"
    with Member(f"/ws/chat/{room}/") as one:
        one.say(type="chat_message", message="a")
        assert one.hear()["code"] == "forbidden"
    path = f"/api/chat/{room}/messages/"
    answer = client.post(path, {"message": "hi"}, content_type="application/json")
    assert answer.status_code == 403


async def test_a_projects_own_consumer_hears_it_over_the_layer_too(room):
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(f"chat_{room}", channel)
    async with Member(f"/ws/chat/{room}/") as one:
        await one.say(type="chat_message", message="hi", username="bot")
        heard = await asyncio.wait_for(layer.receive(channel), 10)
        said = await one.hear()
        assert heard == {key: said[key] for key in heard}
        assert heard.keys() == {"type", "message", "username", "timestamp"}
        await one.say(type="typing")
        await one.say(type="chat_message", message="after")
        assert (await asyncio.wait_for(layer.receive(channel), 10))["message"] == "after"
    await layer.group_discard(f"chat_{room}", channel)
