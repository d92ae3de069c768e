"""A member that never reads beside two hundred that do."""

import asyncio
import json
import struct

import pytest

from tests.api_v1.serving import serve
from tests.api_v1.talk import talk
from tests.chaos.rough import CLOSE, TEXT, connect_roughly

MEMBERS = 200
PATH = "/ws/chat/busy/"
#: 4,000 bytes in UTF-8.
MESSAGE = "🐝" * 1000
#: 64 messages are a quarter of a megabyte: a member that reads stays far from its budget.
AT_ONCE = 64
MOST = 4096


@pytest.fixture
def site(tmp_path):
    with serve(tmp_path, HUBBUB_RATE_LIMIT="off") as server:
        yield server


async def test_it_is_closed_with_4408_and_the_others_miss_nothing(site):
    members = await asyncio.gather(*(connect_roughly(site.port, PATH) for _ in range(MEMBERS)))
    async with talk(site.ws(PATH)) as speaker:
        slow = await connect_roughly(site.port, PATH, receive_buffer=4096)
        total = await speak_until_somebody_leaves(speaker, members)
        await speaker.say_chat("the end")
        heard = [message async for message in read_to_the_end(slow)]
        await all_hear(members, range(total + 1, total + 2))
        assert struct.unpack("!H", heard[-1][:2])[0] == 4408
        assert heard[-1][2:] == b"too slow"
        seqs = [json.loads(message)["seq"] for message in heard[:-1]]
        assert seqs == list(range(1, len(seqs) + 1)), "until then it missed nothing either"
        assert len(seqs) < total
    for member in members:
        member.vanish(reset=False)


async def speak_until_somebody_leaves(speaker, members):
    """Speak, each time after all have heard, until one is gone; the number of messages."""
    for said in range(0, MOST, AT_ONCE):
        for _ in range(AT_ONCE):
            await speaker.say_chat(MESSAGE)
        await all_hear(members, range(said + 1, said + AT_ONCE + 1))
        await speaker.hear_until(type="chat_message", seq=said + AT_ONCE)
        if any(frame.get("event") == "user_left" for frame in speaker.heard):
            return said + AT_ONCE
    raise AssertionError("the slow member is still there")


async def all_hear(members, seqs):
    """Each member hears the messages of these numbers, in order, and none besides."""
    await asyncio.gather(*(hears(member, seqs) for member in members))


async def hears(member, seqs):
    """One member hears the messages of these numbers."""
    for seq in seqs:
        content = b"notification"
        while b'"seq":' not in content:
            _, content = await member.hear()
        assert content.endswith(b'"seq":%d}' % seq)


async def read_to_the_end(slow):
    """The chat messages that still come, and the close frame's content."""
    while True:
        first, content = await slow.hear()
        if first == CLOSE:
            yield content
            return
        if first == TEXT and b'"seq":' in content:
            yield content
