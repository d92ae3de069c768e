"""One connection that hears many streams (`docs/api.md`, "One socket for many streams")."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from hubbub.notifications import services as notifications
from hubbub.testing import Member
from hubbub.testing.dial import Refused
from tests.streams.games import new_game, publish
from tests.streams.sockets import change, many, new_name, post, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    with many() as one:
        yield one


def test_without_the_subprotocol_the_handshake_is_refused_with_a_sentence():
    with pytest.raises(Refused, match=r"refused with 400.*hubbub\.v1 required"), Member("/ws/"):
        pass


@pytest.mark.parametrize("path", ["/ws", "/ws/"])
def test_with_it_that_is_what_is_chosen(path):
    with Member(path, subprotocols=["hubbub.v1"]) as one:
        assert one.subprotocol == "hubbub.v1"


@pytest.mark.parametrize("path", ["/ws/", "/ws"])
def test_a_plain_request_is_told_that_it_is_a_socket(client, path):
    assert client.get(path).status_code == 426


def test_nothing_is_told_until_it_is_asked_for(member):
    post(new_name(), "x")
    notifications.send(title="t", message="m")
    member.hear_nothing_more()


def test_a_room_is_told_with_its_place_and_then_what_comes(member):
    room = new_name()
    post(room, "before")
    told = subscribe(member, f"chat:{room}", id="s1")
    epoch = told["epoch"]
    assert told == {
        "type": "subscribed",
        "stream": f"chat:{room}",
        "id": "s1",
        "seq": 1,
        "epoch": epoch,
        "count": 1,
    }
    post(room, "after")
    said = member.hear()
    assert said == {**said, "type": "chat_message", "stream": f"chat:{room}", "message": "after"}
    assert said["seq"] == 2
    member.hear_nothing_more()


def test_a_request_names_its_stream_and_so_does_every_answer(member):
    room = f"chat:{new_name()}"
    subscribe(member, room)
    member.say(type="chat_message", stream=room, message="Hello", id="c-17")
    said, ack = member.hear(), member.hear()
    assert (said["type"], said["stream"], said["message"]) == ("chat_message", room, "Hello")
    assert ack == {**ack, "type": "ack", "stream": room, "id": "c-17", "seq": 1}
    member.say(type="history", stream=room)
    page = member.hear()
    assert (page["type"], page["stream"], page["seq"]) == ("history", room, 1)
    member.say(type="presence", stream=room)
    people = [{"username": "Anonymous", "connections": 1}]
    assert member.hear() == {"type": "presence", "stream": room, "count": 1, "users": people}


def test_what_is_wrong_with_a_request_is_told_with_its_stream_and_its_id(member):
    room = f"chat:{new_name()}"
    subscribe(member, room)
    member.say(type="chat_message", stream=room, message="", id="c-18")
    assert member.hear() == {
        "type": "error",
        "stream": room,
        "id": "c-18",
        "message": "Invalid message (max 1000 characters)",
        "code": "invalid_message",
        "field": "message",
    }
    member.say(type="dance", stream=room, id="c-19")
    error = member.hear()
    assert (error["stream"], error["id"], error["code"]) == (room, "c-19", "invalid_format")


@pytest.mark.parametrize("stream", [None, 7, "", ["chat:a"]])
def test_a_frame_that_names_no_stream_is_about_none(member, stream):
    member.say(type="chat_message", stream=stream, message="x", id="a")
    error = member.hear()
    assert (error["code"], error["field"], error["id"]) == ("invalid_format", "stream", "a")
    assert "stream" not in error


@pytest.mark.parametrize(
    "stream", ["nothing:here", "chat", "chat:", "chat:a b", "notifications:7", "counter", "x"]
)
def test_a_stream_that_cannot_be_is_not_found(member, stream):
    for word in ("subscribe", "unsubscribe"):
        member.say(type=word, stream=stream, id=word)
        error = member.hear()
        assert error == {**error, "type": "error", "stream": stream, "id": word, "field": "stream"}
        assert error["code"] == "not_found"


def test_a_request_to_a_stream_that_is_not_heard_says_so(member):
    member.say(type="chat_message", stream="chat:elsewhere", message="x", id="a")
    error = member.hear()
    assert (error["code"], error["stream"], error["id"]) == (
        "not_subscribed",
        "chat:elsewhere",
        "a",
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [("since", -1), ("since", "3"), ("history", 1.5), ("epoch", 7), ("unread", "x"), ("id", 7)],
)
def test_what_cannot_be_asked_for_is_refused_and_nothing_is_subscribed(member, key, value):
    room = f"chat:{new_name()}"
    member.say(**{"type": "subscribe", "stream": room, key: value})
    error = member.hear()
    assert (error["code"], error["field"], error["stream"]) == ("invalid_format", key, room)
    member.say(type="typing", stream=room)
    assert member.hear()["code"] == "not_subscribed"


def test_what_was_missed_follows_and_then_what_is_live(member):
    room = new_name()
    for text in ("a", "b", "c"):
        post(room, text)
    told = subscribe(member, f"chat:{room}", since=1)
    assert (told["recovered"], told["missed"], told["seq"]) == (True, 2, 3)
    post(room, "d")
    assert [member.hear()["message"] for _ in range(3)] == ["b", "c", "d"]
    member.say(type="unsubscribe", stream=f"chat:{room}")
    member.hear_until(type="unsubscribed")
    told = subscribe(member, f"chat:{room}", since=1, epoch="another")
    assert (told["recovered"], "missed" in told, told["seq"]) == (False, False, 4)
    member.hear_nothing_more()


def test_a_page_of_history_follows(member):
    room = new_name()
    for text in ("a", "b", "c"):
        post(room, text)
    told = subscribe(member, f"chat:{room}", history=2)
    page = member.hear()
    assert (page["type"], page["stream"]) == ("history", f"chat:{room}")
    assert [message["message"] for message in page["messages"]] == ["b", "c"]
    assert (told["seq"], told["epoch"]) == (page["seq"], page["epoch"])


def test_with_both_the_page_follows_where_what_was_missed_cannot_be_told(member):
    room = new_name()
    post(room, "a")
    told = subscribe(member, f"chat:{room}", since=7, history=5)
    assert (told["recovered"], told["seq"]) == (False, 1)
    assert member.hear()["type"] == "history"
    member.hear_nothing_more()


def test_a_counter_is_told_with_its_value_and_how_many_look(member):
    name = new_name()
    change(name, 5)
    stream = f"counter:{name}"
    told = subscribe(member, stream, id="s")
    assert (told["counter"], told["seq"], told["id"]) == (5, 1, "s")
    assert member.hear() == {"type": "user_count_update", "stream": stream, "count": 1}
    member.say(action="increment", value=2, stream=stream, id="i")
    changed = member.hear()
    assert (changed["type"], changed["stream"]) == ("counter_update", stream)
    assert (changed["counter"], changed["version"]) == (7, 2)
    assert member.hear()["type"] == "ack"
    with many() as other:
        told = subscribe(other, stream)
        assert (told["counter"], told["seq"]) == (7, 2)


def test_notifications_are_told_with_a_cursor_and_how_many_are_unread():
    ada = get_user_model().objects.create_user(new_name())
    notifications.send(user_id=ada.pk, title="t", message="one")
    with many(user=ada) as member:
        told = subscribe(member, "notifications", id="s")
        assert (told["unread"], told["id"]) == (1, "s")
        assert "seq" not in told
        notifications.send(user_id=ada.pk, title="t", message="two")
        two = member.hear()
        assert (two["stream"], two["message"]) == ("notifications", "two")
        member.say(action="read", id=two["id"], stream="notifications")
        assert member.hear_until(type="unread_count")["count"] == 1
        member.say(action="list", id="l", stream="notifications")
        assert member.hear_until(type="notifications", id="l")["stream"] == "notifications"
    with many(user=ada) as member:
        told = subscribe(member, "notifications", cursor=told["cursor"], unread=True)
        assert (told["recovered"], told["missed"], told["unread"]) == (True, 1, 1)
        assert [member.hear()["message"] for _ in range(2)] == ["one", "two"]
        member.hear_nothing_more()


def test_nobody_hears_what_is_sent_to_everyone(member):
    told = subscribe(member, "notifications")
    assert "unread" not in told
    notifications.send(title="t", message="all")
    assert member.hear()["message"] == "all"
    member.say(action="read_all", stream="notifications", id="r")
    assert member.hear()["code"] == "unauthenticated"
    subscribe(member, f"chat:{new_name()}")  # the connection lives


def test_a_stream_of_a_projects_own_kind_is_heard_likewise(member):
    game = new_game()
    publish(game, "a1")
    told = subscribe(member, f"game:{game}", since=0)
    assert (told["recovered"], told["missed"], told["seq"]) == (True, 1, 1)
    assert member.hear()["field"] == "a1"
    member.say(type="move", field="b2", stream=f"game:{game}", id="m")
    step, ack = member.hear(), member.hear()
    assert (step["type"], step["stream"], step["seq"]) == ("step", f"game:{game}", 2)
    assert (ack["type"], ack["stream"], ack["seq"]) == ("ack", f"game:{game}", 2)


def test_a_kind_that_keeps_nothing_says_that_nothing_can_be_told_again(member):
    stream = f"pointer:{new_name()}"
    told = subscribe(member, stream, since=3, history=5)
    assert (told["recovered"], told["seq"]) == (False, 0)
    page = member.hear()
    assert (page["type"], page["stream"], page["events"]) == ("history", stream, [])
    assert "recovered" not in subscribe(member, stream)


def test_a_room_that_keeps_nothing_is_heard_too(member, settings):
    settings.HUBBUB_CHAT_STORE = False
    room = f"chat:{new_name()}"
    told = subscribe(member, room, since=3, id="s")
    assert told == {
        "type": "subscribed",
        "stream": room,
        "id": "s",
        "seq": 0,
        "epoch": "none",
        "count": 1,
        "recovered": False,
    }
    member.say(type="chat_message", message="Hello", stream=room, id="c")
    said, ack = member.hear(), member.hear()
    assert (said["stream"], said["message"], "seq" in said) == (room, "Hello", False)
    assert ack == {"type": "ack", "stream": room, "id": "c"}
    with many() as other:
        subscribe(other, room)
        assert member.hear()["event"] == "user_joined"
        member.say(type="chat_message", message="to all", stream=room)
        assert member.hear() == other.hear()
        member.say(type="unsubscribe", stream=room)
        member.hear_until(type="unsubscribed")
        other.hear_until(event="user_left")
        other.say(type="chat_message", message="to the rest", stream=room)
        assert other.hear()["message"] == "to the rest"
        member.hear_nothing_more()


def test_subscribing_again_is_no_error_and_tells_the_place(member):
    room = new_name()
    subscribe(member, f"chat:{room}", id="one")
    post(room, "a")
    member.hear_until(message="a")
    told = subscribe(member, f"chat:{room}", id="two", since=0)
    assert (told["id"], told["seq"], "recovered" in told) == ("two", 1, False)
    member.hear_nothing_more()


def test_who_subscribes_twice_at_once_is_answered_twice_and_told_once(member):
    room = new_name()
    post(room, "a")
    for request_id in ("one", "two"):
        member.say(type="subscribe", stream=f"chat:{room}", id=request_id, since=0)
    first, again, said = member.hear(), member.hear(), None
    if again["type"] == "chat_message":
        again, said = member.hear(), again
    assert (first["id"], first["missed"]) == ("one", 1)
    assert (again["type"], again["id"], again["seq"]) == ("subscribed", "two", 1)
    assert (said or member.hear())["seq"] == 1
    member.hear_nothing_more()


def test_what_is_asked_of_a_stream_at_once_waits_until_it_is_heard(member):
    room = f"chat:{new_name()}"
    member.say(type="subscribe", stream=room, id="s", history=5)
    member.say(type="chat_message", stream=room, message="at once", id="c")
    member.say(type="unsubscribe", stream=f"chat:{new_name()}", id="u")
    assert member.hear_until(type="subscribed")["seq"] == 0
    assert member.hear_until(message="at once")["seq"] == 1
    assert member.hear_until(type="ack")["id"] == "c"


def test_after_unsubscribing_nothing_comes(member):
    room = new_name()
    subscribe(member, f"chat:{room}")
    member.say(type="unsubscribe", stream=f"chat:{room}", id="u")
    over = {"type": "unsubscribed", "stream": f"chat:{room}", "code": "asked"}
    assert member.hear() == {**over, "id": "u"}
    post(room, "x")
    member.say(type="unsubscribe", stream=f"chat:{room}")
    assert member.hear() == over
    member.hear_nothing_more()


def test_the_others_in_a_room_see_who_comes_and_goes(member):
    room = new_name()
    subscribe(member, f"chat:{room}")
    with many() as other:
        assert subscribe(other, f"chat:{room}")["count"] == 2
        assert member.hear()["event"] == "user_joined"
        other.say(type="typing", stream=f"chat:{room}")
        typing = member.hear()
        assert (typing["type"], typing["stream"]) == ("typing", f"chat:{room}")
        other.hear_nothing_more()
        other.say(type="unsubscribe", stream=f"chat:{room}")
        assert member.hear()["event"] == "user_left"


def test_a_ping_is_answered_as_on_every_socket(member):
    member.say(type="ping")
    assert member.hear() == {"type": "pong"}
    member.say(type="ping")
    assert member.hear()["code"] == "rate_limited"


def test_members_with_and_without_their_own_socket_are_in_one_room(member):
    room = new_name()
    subscribe(member, f"chat:{room}")
    with Member(f"/ws/chat/{room}/") as plain:
        assert member.hear()["event"] == "user_joined"
        plain.say(type="chat_message", message="Hello", username="john")
        said = member.hear()
        assert said == {**plain.hear(), "stream": f"chat:{room}"}
