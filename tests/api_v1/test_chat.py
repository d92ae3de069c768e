"""Section 1, Chat Consumer, of the published document."""

from datetime import datetime

import pytest

from tests.api_v1.talk import talk


@pytest.fixture
def url(site, room):
    return site.ws(f"/ws/chat/{room}/")


@pytest.mark.parametrize("name", ["general", "tech", "random"])
async def test_example_urls_take_connections(site, name):
    """Example URLs."""
    async with talk(site.ws(f"/ws/chat/{name}/")) as client:
        await client.say_chat(f"Hello, {name}")
        assert (await client.hear_until(type="chat_message"))["message"] == f"Hello, {name}"


async def test_send_chat_message_reaches_everyone_as_chat_message_broadcast(url):
    """Send Chat Message; Chat Message (Broadcast)."""
    async with talk(url) as john, talk(url) as other:
        await john.say_raw(
            """
            {
                "type": "chat_message",
                "message": "Hello everyone!",
                "username": "john_doe"
            }
            """
        )
        for client in (john, other):
            frame = await client.hear_until(type="chat_message")
            assert frame["message"] == "Hello everyone!"
            assert frame["username"] == "john_doe"
            assert datetime.fromisoformat(frame["timestamp"]).microsecond >= 0


async def test_username_is_optional_and_defaults_to_anonymous(url):
    """Validation."""
    async with talk(url) as client:
        await client.say_raw('{"type": "chat_message", "message": "Who am I?"}')
        assert (await client.hear())["username"] == "Anonymous"


async def test_message_may_have_1000_characters(url):
    """Validation: max 1000 characters, however many bytes they take."""
    longest = "🐝" * 1000
    async with talk(url) as client:
        await client.say_chat(longest)
        assert (await client.hear())["message"] == longest


async def test_message_of_1001_characters_is_too_long(url):
    """Error Handling, Message Too Long."""
    async with talk(url) as client:
        await client.say_chat("x" * 1001)
        error = await client.hear()
        assert error["type"] == "error"
        assert error["message"] == "Invalid message (max 1000 characters)"


async def test_message_is_required(url):
    """Validation: required; Error: Invalid message format."""
    async with talk(url) as client:
        await client.say_raw('{"type": "chat_message", "username": "john_doe"}')
        error = await client.hear()
        assert error["type"] == "error"
        assert error["message"] == "Invalid message format"


async def test_user_joined_is_told_to_those_who_are_there(url):
    """User Joined."""
    async with talk(url) as first, talk(url):
        notice = await first.hear()
        assert notice["type"] == "notification"
        assert notice["message"] == "A user joined the room"
        assert notice["event"] == "user_joined"


async def test_user_left_is_told_to_those_who_stay(url):
    """User Left."""
    async with talk(url) as first:
        async with talk(url):
            await first.hear_until(event="user_joined")
        notice = await first.hear()
        assert notice["type"] == "notification"
        assert notice["message"] == "A user left the room"
        assert notice["event"] == "user_left"


async def test_rooms_hear_nothing_of_each_other(site, room):
    """Parameters: room_name is the name of the chat room."""
    async with (
        talk(site.ws(f"/ws/chat/{room}-a/")) as here,
        talk(site.ws(f"/ws/chat/{room}-b/")) as there,
    ):
        await here.say_chat("only here")
        await here.hear_until(message="only here")
        await there.say_chat("only there")
        assert (await there.hear())["message"] == "only there"


async def test_javascript_message_is_shown_as_name_and_text(url):
    """JavaScript Implementation: what it sends, and the two keys that it prints."""
    async with talk(url) as client:
        await client.say(type="chat_message", message="Hello!", username="John")
        data = await client.hear()
        assert f"{data['username']}: {data['message']}" == "John: Hello!"


async def test_complete_chat_flow(url):
    """Message Flow Examples: both hear both messages, and only the first hears of the join."""
    async with talk(url) as first, talk(url) as second:
        assert (await first.hear())["event"] == "user_joined"
        await first.say_chat("from 1")
        for client in (first, second):
            assert (await client.hear())["message"] == "from 1"
        await second.say_chat("from 2")
        for client in (first, second):
            assert (await client.hear())["message"] == "from 2"
        assert [frame["type"] for frame in second.heard] == ["chat_message"] * 2
