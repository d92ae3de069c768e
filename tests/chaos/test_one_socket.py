"""A connection that hears many streams, beside a reader that is slow and through a kill."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import connect

from tests.api_v1.serving import SITE, command, serve
from tests.api_v1.talk import Talk, talk
from tests.servers import start_process

V1 = ["hubbub.v1"]
ROOMS = [f"room{number}" for number in range(10)]
LONG = "🐝" * 1000


async def test_who_reads_no_stream_is_closed_with_4408_and_told_why(tmp_path):
    with serve(tmp_path, HUBBUB_RATE_LIMIT="off", HUBBUB_OUTLET_BUDGET="65536") as server:
        async with (
            connect(server.ws("/ws/"), subprotocols=V1, max_queue=1, compression=None) as slow,
            talk(server.ws("/ws/chat/busy/")) as speaker,
        ):
            await Talk(slow).say(type="subscribe", stream="chat:busy")
            await Talk(slow).hear_until(type="subscribed")
            for number in range(4000):
                await speaker.say_chat(LONG)
                await speaker.hear_until(type="chat_message", seq=number + 1)
                if any(frame.get("event") == "user_left" for frame in speaker.heard):
                    break
            late = Talk(slow)
            assert await late.goodbye() == (4408, "too slow")
            seqs = [frame["seq"] for frame in late.heard if frame["type"] == "chat_message"]
            assert seqs == list(range(1, len(seqs) + 1)), "until then it missed nothing"


async def test_after_a_kill_nothing_is_missed_in_any_stream_and_nothing_comes_twice(tmp_path):
    told = {room: [] for room in ROOMS}
    epochs = {}
    with serve(tmp_path, HUBBUB_RATE_LIMIT="off") as server:
        await hear(server, told, epochs, upto=3, say=3)
        server.running.process.kill()
        await asyncio.to_thread(server.running.process.wait, 10)
        again = command("hubbub", SITE, server.port)
        with start_process(again, server.port, env=server.env):
            for room in ROOMS:  # while nobody hears
                async with talk(server.ws(f"/ws/chat/{room}/")) as speaker:
                    await speaker.say_chat("missed", id="m")
                    await speaker.hear_until(type="ack")
            await hear(server, told, epochs, upto=7, say=3)
    assert told == {room: list(range(1, 8)) for room in ROOMS}


async def hear(server, told, epochs, *, upto, say):
    """Hear all rooms from where they were on, and say something in each."""
    async with talk(server.ws("/ws/"), subprotocols=V1) as member:
        for room in ROOMS:
            since = {"since": len(told[room]), "epoch": epochs[room]} if told[room] else {}
            await member.say(type="subscribe", stream=f"chat:{room}", **since)
        for number in range(say):
            for room in ROOMS:
                await member.say_chat(f"{number}", stream=f"chat:{room}")
        while any(len(seqs) < upto for seqs in told.values()):
            frame = await member.hear()
            room = frame.get("stream", "").partition(":")[2]
            if frame["type"] == "subscribed":
                epochs[room] = frame["epoch"]
                assert frame.get("recovered", True)
            elif frame["type"] == "chat_message":
                told[room].append(frame["seq"])
