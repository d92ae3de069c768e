"""A client that comes back to many streams has much to read: it gets all of it as it reads."""

from __future__ import annotations

import asyncio
import socket

from websockets.asyncio.client import connect

from tests.api_v1.serving import serve
from tests.api_v1.talk import Talk, talk

V1 = ["hubbub.v1"]
ROOMS = [f"chat:room{number}" for number in range(12)]
#: Of each room nearly as much as is replayed at all: 12 MiB altogether.
MISSED, TEXT = 252, "🐝" * 1000


def narrow(port):
    """A connection of which the kernel keeps little."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 15)
    line.connect(("127.0.0.1", port))
    return line


async def test_what_was_missed_of_many_streams_comes_as_fast_as_it_is_read(tmp_path):
    with serve(tmp_path, HUBBUB_RATE_LIMIT="off") as server:
        async with talk(server.ws("/ws/"), subprotocols=V1) as speaker:
            for room in ROOMS:
                await speaker.say(type="subscribe", stream=room)
            for number in range(MISSED):
                for room in ROOMS:
                    await speaker.say_chat(TEXT, stream=room, id=str(number))
                await speaker.hear_many(len(ROOMS), type="ack")
        options = {"subprotocols": V1, "compression": None, "max_queue": 4, "proxy": None}
        with narrow(server.port) as line:
            connection = await connect(server.ws("/ws/"), sock=line, **options)
            late = Talk(connection)
            for room in ROOMS:
                await late.say(type="subscribe", stream=room, since=0)
            told = {room: [] for room in ROOMS}
            while any(len(seqs) < MISSED for seqs in told.values()):
                frame = await late.hear()
                if frame["type"] == "chat_message":
                    told[frame["stream"]].append(frame["seq"])
                    if frame["seq"] % 50 == 0:
                        await asyncio.sleep(0.05)
            assert all(seqs == list(range(1, MISSED + 1)) for seqs in told.values())
