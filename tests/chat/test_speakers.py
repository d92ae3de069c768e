"""Who speaks in a room, and under which name."""

import pytest

from tests.api_v1.talk import talk
from tests.http.calls import call


async def test_a_signed_in_sender_speaks_under_the_accounts_name(url, people):
    async with talk(url) as other, talk(url, bearer=people["ada"].token) as ada:
        await ada.say_chat("It is me", username="bob")
        for client in (ada, other):
            frame = await client.hear_until(type="chat_message")
            assert frame["username"] == "ada"
            assert frame["user_id"] == people["ada"].user_id


async def test_what_a_signed_in_sender_says_of_its_name_is_not_looked_at(url, site, people):
    async with talk(url, bearer=people["ada"].token) as ada:
        await ada.say_chat("It is me", username="b" * 65)
        assert (await ada.hear_until(type="chat_message"))["username"] == "ada"
    path = url.removeprefix(site.ws("/ws/chat/"))
    body = {"message": "It is me", "username": "b" * 65}
    messages = site.http(f"/api/chat/{path}messages/")
    assert call(messages, body, bearer=people["ada"].token).data["username"] == "ada"
    assert call(messages, body).body["field"] == "username"


async def test_an_anonymous_senders_message_has_no_user_id(url):
    async with talk(url) as client:
        await client.say_chat("hi", username="john")
        assert "user_id" not in await client.hear()


async def test_an_anonymous_sender_may_not_use_an_accounts_name(url):
    async with talk(url) as client:
        await client.say_chat("I am ada", username="ada", id="c-1")
        assert await client.hear() == {
            "type": "error",
            "message": "Not allowed",
            "code": "forbidden",
            "id": "c-1",
        }
        await client.say_chat("I am john", username="john")
        assert (await client.hear())["username"] == "john"


@pytest.mark.parametrize("name", ["Ada", "ADA", " ada ", "ada\u200b", "\uff41da"])
async def test_nor_one_that_is_read_as_an_accounts_name(url, name):
    async with talk(url) as client:
        await client.say_chat("I am ada", username=name)
        assert (await client.hear())["code"] == "forbidden"


async def test_a_refused_name_is_refused_every_time_and_told_to_nobody(url):
    async with talk(url) as other, talk(url) as client:
        for _ in range(3):
            await client.say_chat("I am bob", username="bob")
            assert (await client.hear())["code"] == "forbidden"
        await other.say_chat("nothing was said")
        await other.hear_until(message="nothing was said")
        assert [frame["type"] for frame in other.heard] == ["notification", "chat_message"]


async def test_ones_own_account_may_be_named(url, people):
    async with talk(url, cookie=people["bob"].cookie) as bob:
        await bob.say_chat("hi", username="bob")
        frame = await bob.hear()
        assert (frame["username"], frame["user_id"]) == ("bob", people["bob"].user_id)
