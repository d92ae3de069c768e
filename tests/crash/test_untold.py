"""Stored, and then the server died before it told anybody: who resumes hears it, and once."""

import sys

import pytest
from websockets.exceptions import ConnectionClosed

from tests.api_v1.talk import talk
from tests.crash.site import Site

DYING = (sys.executable, "-m", "tests.crash.untold", "serve")
SAID = "last words"


@pytest.fixture
def server(tmp_path):
    site = Site(tmp_path, {})
    yield site
    site.kill()


async def test_what_was_stored_and_not_told_is_told_to_those_who_resume(server):
    server.start(*DYING)
    room = server.url("/ws/chat/room/")
    async with talk(f"{room}?history=0") as ada, talk(f"{room}?history=0") as bob:
        epoch = (await ada.hear_until(type="history"))["epoch"]
        await bob.hear_until(type="history")
        await ada.say_chat("hello", id="one")
        first = await bob.hear_until(type="chat_message")
        await ada.hear_until(type="ack")
        await ada.say_chat(SAID, id="two")
        with pytest.raises(ConnectionClosed):
            await bob.hear_on()
        assert SAID not in str(bob.heard), "it died too late for this test"
        with pytest.raises(ConnectionClosed):
            await ada.hear_on()
        assert "two" not in str(ada.heard), "it died too late for this test"
    server.kill()
    server.start()
    async with talk(f"{room}?since={first['seq']}&epoch={epoch}") as bob:
        recovery = await bob.hear()
        assert (recovery["type"], recovery["recovered"], recovery["missed"]) == (
            "recovery",
            True,
            1,
        )
        told = await bob.hear()
        assert (told["message"], told["seq"]) == (SAID, 2)
        async with talk(room) as ada:
            await ada.say_chat(SAID, id="two")
            ack = await ada.hear_until(type="ack")
            assert (ack["seq"], ack["timestamp"]) == (2, told["timestamp"])
            await ada.say_chat("after", id="three")
        after = await bob.hear_until(type="chat_message")
        assert (after["message"], after["seq"]) == ("after", 3)


async def test_a_counter_that_changed_and_did_not_tell_stands_right_after_the_restart(server):
    server.start(*DYING)
    counter, room = server.url("/ws/counter/c/"), server.url("/ws/chat/room/")
    async with talk(counter) as client, talk(room) as dying:
        await client.say(action="increment", value=5, id="one")
        await client.hear_until(type="ack")
        await dying.say_chat(SAID)
        with pytest.raises(ConnectionClosed):
            await client.hear_on()
    server.kill()
    server.start()
    async with talk(counter) as client:
        welcome = await client.hear_until(type="counter_update")
        assert (welcome["counter"], welcome["version"]) == (5, 1)
        await client.say(action="increment", value=5, id="one")
        ack = await client.hear_until(type="ack")
        assert ack["seq"] == 1
        await client.say(action="increment", value=2)
        assert (await client.hear_until(type="counter_update"))["counter"] == 7
