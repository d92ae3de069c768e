"""A member that never reads: it costs its budget, is closed with 4408, and nobody else notices."""

import asyncio
import socket as sockets
from threading import Thread

import pytest

from hubbub.fanout.frame import make_frame
from hubbub.fanout.hub import local_hub, publish
from hubbub.server.protocol import BUDGET
from tests.server.applications import accept, noted
from tests.server.peer import CLOSE, FINAL, opened, request

MEMBERS = 200
FRAMES = 400
FRAME = make_frame(b"x" * 1000)
BUDGET_OF_ONE = 128 * 1024
LAST = make_frame(b"last")


class Member:
    """A receiver that sits in the room until its end, and notes why it ended."""

    peer = "10.0.0.1"

    def __init__(self, socket, notes):
        self.socket = socket
        self.notes = notes
        local_hub().join("room", socket)

    def received(self, payload):
        self.notes.put(payload)

    def closed(self, code):
        local_hub().leave("room", self.socket)
        self.notes.put(code)


@pytest.fixture
def room(server, notes):
    """Every connection is a member of the room, with little room in the kernel."""

    async def application(scope, receive, send):
        socket = scope["extensions"]["hubbub.socket"]["socket"]
        raw = socket.transport.get_extra_info("socket")
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 8192)
        await accept(receive, send)
        socket.hand_over(Member(socket, notes), max_frame=1000, budget=BUDGET_OF_ONE)

    server.application = application


async def read_all(port, joined):
    """Join, and read up to the last frame; returns the bytes in between."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    writer.write(request())
    await reader.readuntil(b"\r\n\r\n")
    joined.release()
    data = await reader.readuntil(LAST)
    writer.close()
    return data


async def members(port, everybody):
    joined = asyncio.Semaphore(0)
    reading = [asyncio.create_task(read_all(port, joined)) for _ in range(MEMBERS)]
    for _ in range(MEMBERS):
        await joined.acquire()
    everybody.set_result(None)
    return await asyncio.gather(*reading)


def test_a_member_that_never_reads_is_closed_and_two_hundred_miss_nothing(server, room, notes):
    async def meet():
        everybody = asyncio.get_running_loop().create_future()
        reading = asyncio.create_task(members(server.port, everybody))
        await everybody
        Thread(target=speak).start()
        return await reading

    def speak():
        # Each in a turn of its own: what falls into one turn is one write, whatever its size.
        for frame in [FRAME] * FRAMES + [LAST]:
            server.do(publish, "room", frame)

    with opened(server.port, receive_buffer=4096) as slow:
        for data in asyncio.run(meet()):
            assert data == FRAME * FRAMES + LAST
        assert 4408 in [noted(notes) for _ in range(MEMBERS + 1)]
        frame = slow.frame()
        count = 0
        while frame.opcode != CLOSE:
            assert frame == (FRAME[0], FRAME[4:])
            frame, count = slow.frame(), count + 1
        assert (frame.code, frame.reason) == (4408, "too slow")
        assert 0 < count < FRAMES


def test_a_member_within_its_budget_gets_everything_in_order(server, room):
    numbers = [make_frame(b"%06d" % number + b"x" * 500) for number in range(100)]
    with opened(server.port, receive_buffer=4096) as peer:
        server.do(lambda: None)
        for frame in numbers:
            publish("room", frame)
        for frame in numbers:
            assert peer.frame() == (FINAL | 1, frame[4:])


def test_a_peer_that_catches_up_may_fall_behind_again(server, room, notes):
    burst = make_frame(bytes(100_000))
    with opened(server.port, receive_buffer=4096) as peer:
        server.do(lambda: None)
        for _ in range(5):
            publish("room", burst)
            assert len(peer.frame().payload) == 100_000
        assert notes.empty()


def test_a_plain_application_has_a_budget_too(server, notes):
    async def application(scope, receive, send):
        await accept(receive, send)
        socket = scope["extensions"]["hubbub.socket"]["socket"]
        while not socket.paused:
            socket.write(make_frame(bytes(60_000)))
        socket.write(make_frame(bytes(BUDGET)))
        notes.put(await receive())

    server.application = application
    with opened(server.port) as peer:
        assert noted(notes) == {"type": "websocket.disconnect", "code": 4408, "reason": ""}
        assert peer.closed().code == 4408
