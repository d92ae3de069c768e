"""Typing and presence: for connections that use an addition, and for no other."""

from types import SimpleNamespace

import pytest
from websockets.typing import Subprotocol

from hubbub import conf
from hubbub.accounts.caller import Caller
from hubbub.chat.consumer import ChatConsumer
from hubbub.chat.rooms import room_group
from hubbub.fanout.dialect import PLAIN
from hubbub.fanout.hub import local_hub
from hubbub.sockets.query import Query
from hubbub.streams.rights import Rights
from tests.api_v1.talk import talk
from tests.sockets.outlets import Outlet

EXTENDED = {"subprotocols": [Subprotocol("hubbub.v1")]}
#: The types that version 1's document names.
V1_TYPES = {
    "chat_message",
    "notification",
    "error",
    "connection_status",
    "counter_update",
    "user_count_update",
}


async def test_the_server_answers_with_its_subprotocol(url):
    async with talk(url, **EXTENDED) as client:
        assert client.connection.subprotocol == "hubbub.v1"


async def test_a_client_without_subprotocol_is_answered_without_one(url):
    async with talk(url) as client:
        assert client.connection.subprotocol is None


async def test_typing_is_shown_to_the_other_extended_connections(url, people):
    async with (
        talk(url, bearer=people["ada"].token, **EXTENDED) as ada,
        talk(url, **EXTENDED) as other,
    ):
        await ada.hear_until(event="user_joined")
        await ada.say(type="typing")
        assert await other.hear() == {"type": "typing", "username": "ada"}
        await other.say_chat("seen")
        assert (await ada.hear())["type"] == "chat_message"


@pytest.mark.parametrize("parameter", ["history=0", "since=0", "epoch=x", "cursor=", "unread=1"])
async def test_a_query_parameter_of_ours_makes_a_connection_extended(url, parameter):
    async with talk(f"{url}?{parameter}") as client, talk(url, **EXTENDED) as other:
        await client.hear_until(event="user_joined")
        await other.say(type="typing")
        assert await client.hear() == {"type": "typing", "username": "Anonymous"}


async def test_a_request_of_an_added_type_makes_a_connection_extended(url):
    async with talk(url) as client, talk(url, **EXTENDED) as other:
        await client.hear_until(event="user_joined")
        await client.say(type="presence")
        await client.hear_until(type="presence")
        await other.say(type="typing")
        assert (await client.hear())["type"] == "typing"


async def test_somebody_who_typed_under_a_name_is_shown_with_it(url):
    async with talk(url, **EXTENDED) as other, talk(url, **EXTENDED) as john:
        await john.say_chat("hi", username="john")
        await john.hear_until(type="chat_message")
        await john.say(type="typing")
        assert await other.hear_until(type="typing") == {"type": "typing", "username": "john"}


async def test_presence_tells_who_is_here_and_with_how_many_connections(url, people):
    ada, bob = people["ada"], people["bob"]
    async with (
        talk(url, bearer=bob.token),
        talk(url, bearer=ada.token),
        talk(url, cookie=ada.cookie),
        talk(url),
        talk(url) as client,
    ):
        await client.say(type="presence")
        assert await client.hear() == {
            "type": "presence",
            "count": 4,
            "users": [
                {"username": "ada", "connections": 2},
                {"username": "bob", "connections": 1},
                {"username": "Anonymous", "connections": 2},
            ],
        }


async def test_a_v1_client_never_receives_a_type_that_v1_does_not_name(url, people):
    """Over a busy session in which all others use every addition that there is."""
    async with (
        talk(url) as v1,
        talk(url, bearer=people["ada"].token, **EXTENDED) as ada,
        talk(f"{url}?history=0") as other,
    ):
        for number in range(5):
            for client in (ada, other):
                await client.say(type="typing")
                await client.say(type="presence")
                await client.say_chat(f"message {number}", id=f"c-{number}")
                await client.say(type="typing", id="t")
            await v1.say_chat(f"mine {number}")
            await v1.say(type="nonsense")
            async with talk(url, **EXTENDED):
                await v1.hear_until(event="user_joined")
            await v1.hear_until(event="user_left")
        await v1.say_chat("the end")
        await v1.hear_until(message="the end")
        await ada.hear_until(message="the end")
        if "typing" not in {frame["type"] for frame in ada.heard}:
            await ada.hear_until(type="typing")
    assert {frame["type"] for frame in v1.heard} <= V1_TYPES
    assert {"typing", "presence"} <= {frame["type"] for frame in ada.heard}


async def test_who_has_left_is_no_member_again_by_what_it_asked_before():
    outlet, room = Outlet(), "left"
    given = {"outlet": outlet, "send": outlet.write, "caller": Caller(), "dialect": PLAIN}
    asked = {"ask": lambda read: read(Query(b"")), "settings": conf.current()}
    consumer = ChatConsumer(SimpleNamespace(**given, **asked), room)
    consumer.allow(Rights())
    consumer.open()
    assert local_hub().size(room_group(room)) == 1
    consumer.leave()
    consumer.extended()
    assert local_hub().size(room_group(room)) == 0
