"""Whatever comes over the socket for many streams is answered with a code, and all go on."""

from __future__ import annotations

import json

import pytest

from hubbub.testing import Goodbye, Member
from tests.streams.games import new_game
from tests.streams.sockets import many, new_name, post, subscribe

pytestmark = pytest.mark.django_db

DEEP = '{"type":"subscribe","stream":"chat:a","epoch":' + "[" * 40 + "]" * 40 + "}"
NO_JSON = ["", "{", "nonsense", b"\xff", b'{"stream":"\xc3"}', '{"a":NaN}', DEEP]
NO_STREAM = ["[]", "7", '"x"', "null", "{}", '{"type":"subscribe"}', '{"type":"unsubscribe"}']
NO_STREAM += ['{"stream":{}}', '{"stream":true}', json.dumps({"stream": "x" * 101})]
#: Half a surrogate pair, as JSON may have it.
NO_TEXT = [r'{"type":"subscribe","stream":"chat:\ud800"}', r'{"stream":"\udfff"}']
NO_TEXT += [r'{"type":"subscribe","stream":"chat:a","epoch":"\ud800"}']
#: No room, nor anything else, can be called so.
NOWHERE = ["chat:é", "chat:🐝", "chat:a b", "chat:a%20b", "chat:a/b", "chat:a\0", "chat:\u202e"]
NOWHERE += ["chat:" + "x" * 65, "chat:a\n", " chat:a", "CHAT:a", "chat::a", ":a", "game", "inbox:7"]
NOWHERE += ["everyone", "notifications:", "chat_a", "../chat:a", "__class__:a"]
#: These are names as others, here and in a path.
ODD = ["..", ".", "-", "_", "x" * 64, "0"]
REQUESTS = [
    {},
    {"type": None},
    {"type": 7},
    {"type": "dance"},
    {"type": ["subscribe"]},
    {"type": {}},
]
REQUESTS += [
    {"type": "chat_message"},
    {"type": "chat_message", "message": 7},
    {"action": "increment"},
]
REQUESTS += [{"type": "history", "limit": "x"}, {"type": "subscribed"}, {"type": "Subscribe"}]
ENDS = [("subscribe", "id", ""), ("subscribe", "id", "x" * 65), ("subscribe", "id", [])]
ENDS += [("unsubscribe", "id", 7), ("subscribe", "since", True), ("subscribe", "since", 2**53)]
ENDS += [("subscribe", "history", {}), ("subscribe", "cursor", 7), ("subscribe", "unread", 1)]


@pytest.fixture
def member(settings):
    """One who hears another stream all the time."""
    settings.HUBBUB_RATE_LIMIT = None
    with many() as one:
        one.room = new_name()
        subscribe(one, f"chat:{one.room}")
        yield one


def goes_on(member):
    """Its other stream is heard, and nothing has come before that."""
    post(member.room, "still here")
    assert member.hear()["message"] == "still here"


@pytest.mark.parametrize("frame", [*NO_JSON, *NO_TEXT], ids=repr)
def test_what_cannot_be_read_is_no_json(member, frame):
    member.say_raw(frame)
    assert member.hear()["code"] == "invalid_json"
    goes_on(member)


@pytest.mark.parametrize("frame", NO_STREAM, ids=lambda frame: frame[:40])
def test_what_names_no_stream_is_of_no_format(member, frame):
    member.say_raw(frame)
    error = member.hear()
    assert (error["code"], "stream" in error) == ("invalid_format", False)
    goes_on(member)


@pytest.mark.parametrize("word", ["subscribe", "unsubscribe", "chat_message"])
@pytest.mark.parametrize("stream", NOWHERE, ids=ascii)
def test_a_name_that_nothing_has_is_answered_with_it(member, stream, word):
    member.say(type=word, stream=stream, id="n")
    error = member.hear()
    code = "not_subscribed" if word == "chat_message" else "not_found"
    assert (error["code"], error["stream"], error["id"]) == (code, stream, "n")
    goes_on(member)


@pytest.mark.parametrize("name", ODD, ids=lambda name: name[:9])
def test_an_odd_name_is_that_of_the_streams_own_socket(member, name):
    told = subscribe(member, f"chat:{name}")
    with Member(f"/ws/chat/{name}/?history=0") as own:
        page = own.hear()
        assert (page["seq"], page["epoch"]) == (told["seq"], told["epoch"])
        own.say(type="chat_message", message="m")
        said = own.hear_until(type="chat_message")
    assert member.hear_until(type="chat_message") == said | {"stream": f"chat:{name}"}


@pytest.mark.parametrize("frame", REQUESTS, ids=str)
@pytest.mark.parametrize("kind", ["chat", "game"])
def test_a_request_that_its_stream_does_not_know_is_answered_with_its_name(member, kind, frame):
    stream = f"chat:{member.room}" if kind == "chat" else f"game:{new_game()}"
    subscribe(member, stream)
    member.say(stream=stream, id="r", **frame)
    error = member.hear()
    assert (error["code"], error["stream"], error["id"]) == ("invalid_format", stream, "r")
    goes_on(member)


@pytest.mark.parametrize("frame", REQUESTS, ids=str)
def test_the_same_to_a_stream_that_is_not_heard(member, frame):
    member.say(stream="chat:elsewhere", id="r", **frame)
    error = member.hear()
    assert (error["code"], error["stream"], error["id"]) == (
        "not_subscribed",
        "chat:elsewhere",
        "r",
    )
    goes_on(member)


@pytest.mark.parametrize(("word", "key", "value"), ENDS)
@pytest.mark.parametrize("heard", [True, False], ids=["heard", "not heard"])
def test_what_is_wrong_beside_the_streams_name_is_told_with_the_key(
    member, word, key, value, heard
):
    stream = f"chat:{member.room}" if heard else f"chat:{new_name()}"
    member.say_raw(json.dumps({"type": word, "stream": stream, key: value}))
    error = member.hear()
    assert (error["code"], error["stream"], error["field"]) == ("invalid_format", stream, key)
    goes_on(member)


def test_a_frame_is_as_good_in_bytes_and_with_keys_that_nobody_knows(member):
    stream = f"chat:{new_name()}"
    frame = {"type": "subscribe", "stream": stream, "id": "b", "colour": "blue", "dialect": 7}
    member.say_raw(json.dumps(frame).encode())
    assert member.hear()["id"] == "b"


def test_a_frame_that_is_too_long_ends_the_connection(member):
    frame = {"type": "subscribe", "stream": "chat:a", "epoch": "x" * 65_536}
    member.say(**frame)
    assert member.hear_goodbye() == Goodbye(1009, "message too big")


def test_acks_of_one_stream_come_in_the_order_of_what_they_answer(member):
    streams = [f"chat:{member.room}", f"game:{new_game()}"]
    subscribe(member, streams[1])
    for number in range(20):
        member.say(type="chat_message", stream=streams[0], message="m", id=f"{number}")
        member.say(type="move", stream=streams[1], field="f", id=f"{number}")
    acks = {stream: [] for stream in streams}
    while sum(map(len, acks.values())) < 40:
        frame = member.hear_until(type="ack")
        acks[frame["stream"]].append(frame["id"])
    ids = [str(number) for number in range(20)]
    assert list(acks.values()) == [ids, ids]
