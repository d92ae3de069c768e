"""What may be sent in one frame, and what comes back."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from tests.api_v1.talk import talk
from tests.journal import postgresql
from tests.server.peer import TEXT, Peer, client_frame, request

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")


def nested(depth):
    """A chat message in which objects and arrays lie `depth` deep in each other."""
    arrays = "[" * (depth - 1) + "]" * (depth - 1)
    return f'{{"type":"chat_message","message":"deep","extra":{arrays}}}'


async def test_a_binary_frame_is_taken_as_a_text_frame_of_the_same_content(url):
    async with talk(url) as client:
        await client.say_raw('{"type": "chat_message", "message": "é 🐝"}'.encode())
        assert (await client.hear())["message"] == "é 🐝"


def test_a_message_that_comes_with_the_handshake_is_taken(site, url):
    message = json.dumps({"type": "chat_message", "message": "early"}).encode()
    with Peer(site.port) as peer:
        peer.write(request(urlsplit(url).path) + client_frame(TEXT, message))
        assert peer.answer().status == 101
        while json.loads(peer.text())["message"] != "early":
            pass


@pytest.mark.parametrize("key", [b"message", b"username", b"ignored"])
async def test_a_binary_frame_that_is_not_utf8_is_invalid_json(url, key):
    async with talk(url) as client:
        await client.say_raw(b'{"type": "chat_message", "message": "x", "%s": "\xff"}' % key)
        assert (await client.hear())["code"] == "invalid_json"


async def test_a_frame_of_64_kib_is_taken(url):
    async with talk(url) as client:
        frame = json.dumps({"type": "chat_message", "message": "long", "extra": ""})
        await client.say_raw(frame.replace('""', f'"{"x" * (64 * 1024 - len(frame))}"'))
        assert (await client.hear())["message"] == "long"


async def test_a_frame_over_64_kib_ends_the_connection_with_1009(url):
    async with talk(url) as client:
        await client.say_raw("x" * (64 * 1024 + 1))
        assert await client.goodbye() == (1009, "message too big")


async def test_a_frame_over_64_kib_in_fragments_ends_the_connection_too(url):
    async with talk(url) as client:
        await client.connection.send("x" * 1024 for _ in range(65))
        assert await client.goodbye() == (1009, "message too big")


async def test_nesting_32_deep_is_taken_and_33_is_not(url):
    async with talk(url) as client:
        await client.say_raw(nested(33))
        error = await client.hear()
        assert (error["message"], error["code"]) == ("Invalid JSON format", "invalid_json")
        await client.say_raw(nested(32))
        assert (await client.hear())["message"] == "deep"


async def test_brackets_within_a_message_are_no_nesting(url):
    async with talk(url) as client:
        await client.say_chat('[{"' * 200)
        assert (await client.hear())["message"] == '[{"' * 200


async def test_timestamps_are_utc_with_offset_and_six_decimals(url):
    async with talk(url) as client:
        await client.say_chat("when?")
        text = (await client.hear())["timestamp"]
        assert TIMESTAMP.fullmatch(text)
        assert abs(datetime.now(UTC) - datetime.fromisoformat(text)) < timedelta(minutes=1)


async def test_unknown_keys_are_ignored(url):
    async with talk(url) as client:
        await client.say_chat("hi", colour="red", seq=99, user_id=1, timestamp="never")
        frame = await client.hear()
        assert frame.keys() == {"type", "message", "username", "timestamp", "seq"}
        assert frame["timestamp"] != "never"
        assert frame["seq"] == 1


@pytest.mark.parametrize("message", ["", " ", "\n\t", "\u00a0\u2003", "x" * 1001, "🐝" * 1001])
async def test_a_message_that_is_blank_or_too_long_is_invalid(url, message):
    async with talk(url) as client:
        await client.say_chat(message)
        assert await client.hear() == {
            "type": "error",
            "message": "Invalid message (max 1000 characters)",
            "code": "invalid_message",
            "field": "message",
        }


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ({"type": "chat_message"}, "message"),
        ({"type": "chat_message", "message": None}, "message"),
        ({"type": "chat_message", "message": 7}, "message"),
        ({"type": "chat_message", "message": ["text"]}, "message"),
        ({"type": "chat_message", "message": "text", "username": 7}, "username"),
        ({"type": "chat_message", "message": "text", "username": None}, "username"),
        ({"type": "chat_message", "message": "text", "username": "x" * 65}, "username"),
        ({"message": "text"}, "type"),
        ({"type": 7, "message": "text"}, "type"),
        ({"type": None}, "type"),
        ({"type": "Chat_Message", "message": "text"}, "type"),
        ({"action": "increment", "value": 1}, "type"),
    ],
)
async def test_a_frame_of_another_shape_has_an_invalid_format(url, frame, field):
    async with talk(url) as client:
        await client.say(**frame)
        assert await client.hear() == {
            "type": "error",
            "message": "Invalid message format",
            "code": "invalid_format",
            "field": field,
        }


async def test_an_error_carries_the_id_of_its_request(url):
    async with talk(url) as client:
        await client.say_chat("", id="c-17")
        assert (await client.hear())["id"] == "c-17"


async def test_a_username_may_have_64_characters(url):
    async with talk(url) as client:
        await client.say_chat("hi", username="ü" * 64)
        assert (await client.hear())["username"] == "ü" * 64


@pytest.mark.parametrize("username", ["", "  "])
async def test_a_blank_username_is_anonymous(url, username):
    async with talk(url) as client:
        await client.say_chat("hi", username=username)
        assert (await client.hear())["username"] == "Anonymous"


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", 'quote " and \\', "a\u2028b", "a\x01b", "עִבְרִית", "👩‍👩‍👧"]
)
async def test_a_message_comes_back_letter_by_letter(url, text):
    async with talk(url) as client:
        await client.say_chat(text, username="john")
        assert (await client.hear())["message"] == text


async def test_a_nul_is_kept_or_refused_as_the_database_can(url):
    """PostgreSQL keeps no NUL."""
    async with talk(url) as client:
        await client.say_chat("a\0b", id="nul")
        frame = await client.hear()
        if postgresql.given():
            assert (frame["code"], frame["id"]) == ("invalid_format", "nul")
        else:
            assert frame["message"] == "a\0b"
        await client.say_chat("after it")
        await client.hear_until(message="after it")
