"""A connection that hears many streams, of a reader that is slow."""

from __future__ import annotations

from websockets.asyncio.client import connect

from tests.api_v1.serving import serve
from tests.api_v1.talk import Talk, talk

V1 = ["hubbub.v1"]
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
