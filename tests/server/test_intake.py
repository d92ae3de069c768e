"""What one connection may make of the loop: slices of a read, and few frames without a message."""

import asyncio
import time

import pytest

from hubbub.server import intake
from hubbub.server.frames import WORTH, WireError
from hubbub.server.host import CLOSE_SECONDS, QUEUE_HIGH
from hubbub.server.intake import DUES, DUES_SECONDS, SLICE, Intake
from tests.server.applications import accept, noted
from tests.server.peer import (
    BINARY,
    CONTINUED,
    PING,
    PONG,
    TEXT,
    client_frame,
    close_frame,
    opened,
)

LARGE = 1 << 20
EMPTY = client_frame(TEXT)
FRAGMENT = client_frame(CONTINUED, final=False)
BEGUN = client_frame(TEXT, final=False)
#: What brings no message: how it begins, and what then comes again and again.
DUE = {
    "empty pings": (b"", client_frame(PING)),
    "pings": (b"", client_frame(PING, b"x" * 125)),
    "pongs": (b"", client_frame(PONG)),
    "empty fragments": (BEGUN, FRAGMENT),
    "tiny fragments": (BEGUN, client_frame(CONTINUED, b"x" * (WORTH - 1), final=False)),
    "messages in tiny fragments": (b"", BEGUN + client_frame(CONTINUED)),
}
#: What does not count so.
FREE = {
    "empty messages": EMPTY,
    "empty binary ones": client_frame(BINARY),
    "messages": client_frame(TEXT, b"{}"),
}


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is moved."""
    now = [1000.0]
    monkeypatch.setattr(intake, "monotonic", lambda: now[0])
    return now


def take_all(reader, data, *, parting=False):
    """All that is complete with `data`, slice by slice."""
    frames = reader.slice(data, parting)
    while reader.behind:
        frames += reader.slice(b"", parting)
    return frames


@pytest.mark.parametrize("kind", DUE)
def test_frames_without_a_message_are_bounded_and_the_bound_is_fair(kind, clock):
    begin, again = DUE[kind]
    each = 2 if kind.startswith("messages") else 1
    reader = Intake(LARGE)
    reader.slice(begin, False)
    for _ in range(10):
        clock[0] += DUES_SECONDS
        take_all(reader, again * ((DUES - 1) // each))
    clock[0] += 1.0
    take_all(reader, again * (90 // each))
    with pytest.raises(WireError) as caught:
        take_all(reader, again * DUES)
    assert caught.value.close[:2] == (4429, "rate limit")


@pytest.mark.parametrize("kind", FREE)
def test_messages_in_one_piece_are_their_receivers_own_matter(kind, clock):
    assert len(take_all(Intake(LARGE), FREE[kind] * (3 * DUES))) == 3 * DUES


def test_a_large_message_may_come_in_fragments_that_are_worth_it(clock):
    piece = client_frame(CONTINUED, b"x" * WORTH, final=False)
    data = client_frame(TEXT, b"x" * WORTH, final=False) + piece * 1022 + client_frame(CONTINUED)
    assert take_all(Intake(LARGE), data) == [(TEXT, "x" * WORTH * 1023)]


def test_the_answer_to_our_own_ping_is_free(clock):
    reader = Intake(LARGE)
    for _ in range(3 * DUES):
        reader.expect_pong()
        take_all(reader, client_frame(PONG))
    take_all(reader, client_frame(PONG) * DUES)
    with pytest.raises(WireError):
        take_all(reader, client_frame(PONG))


def test_from_a_peer_that_was_sent_away_messages_bring_nothing_either(clock):
    reader = Intake(LARGE)
    take_all(reader, EMPTY * DUES, parting=True)
    with pytest.raises(WireError):
        take_all(reader, EMPTY, parting=True)


@pytest.mark.parametrize("number", [1, SLICE - 1, SLICE, SLICE + 1, 3 * SLICE])
def test_a_read_is_taken_in_slices_and_in_order(number):
    texts = [str(index) for index in range(number)]
    data = b"".join(client_frame(TEXT, text.encode()) for text in texts)
    reader, slices = Intake(LARGE), []
    slices.append(reader.slice(data + EMPTY[:3], False))
    while reader.behind:
        slices.append(reader.slice(b"", False))
    assert max(len(part) for part in slices) <= SLICE
    assert [content for part in slices for _, content in part] == texts
    assert reader.slice(EMPTY[3:], False) == [(TEXT, "")]


# On a real port.


async def count_up(receive, notes):
    """Note how many messages come before the end, and the end's code."""
    number = 0
    while (message := await receive())["type"] == "websocket.receive":
        number += 1
    notes.put((number, message["code"]))


@pytest.fixture
def counted(server, notes):
    async def application(scope, receive, send):
        await accept(receive, send)
        await count_up(receive, notes)

    server.application = application


@pytest.mark.parametrize("kind", DUE)
def test_who_sends_nothing_but_those_is_sent_away(server, counted, kind, notes):
    begin, again = DUE[kind]
    with opened(server.port) as peer:
        peer.write(begin + again * (3 * DUES))
        goodbye = peer.closed()
        assert (goodbye.code, goodbye.reason) == (4429, "rate limit")
        assert peer.rest() == b""
    assert noted(notes)[1] == 4429


def test_three_hundred_pings_at_once_are_answered(server, counted):
    with opened(server.port) as peer:
        peer.write(b"".join(client_frame(PING, str(number).encode()) for number in range(300)))
        assert [int(peer.frame().payload) for _ in range(300)] == list(range(300))


def test_all_of_a_long_read_arrives_and_then_the_goodbye(server, counted, notes):
    with opened(server.port) as peer:
        peer.write(EMPTY * 20_000 + close_frame(4321))
        assert peer.closed().code == 4321
    assert noted(notes) == (20_000, 4321)


def test_no_more_waits_for_an_application_than_it_can_follow(server, notes):
    go_on = asyncio.Event()

    async def application(scope, receive, send):
        await accept(receive, send)
        notes.put(scope["extensions"]["hubbub.socket"]["socket"])
        await go_on.wait()
        await count_up(receive, notes)

    server.application = application
    with opened(server.port) as peer:
        socket = noted(notes)
        call = socket._receiver
        peer.write(EMPTY * 20_000 + close_frame())
        while server.do(socket.transport.is_reading):
            pass
        for _ in range(100):
            assert server.do(lambda: len(call._events)) < QUEUE_HIGH + SLICE
        server.do(go_on.set)
        assert noted(notes) == (20_000, 1005)


class Meter:
    """The CPU time of the longest turn of a loop, in seconds."""

    def __init__(self, loop):
        self._loop = loop
        self._last = 0.0
        self.longest = 0.0

    def start(self):
        self._last = time.thread_time()
        self._loop.call_soon(self._tick)

    def _tick(self):
        now = time.thread_time()
        self.longest = max(self.longest, now - self._last)
        self._last = now
        self._loop.call_soon(self._tick)


@pytest.mark.parametrize("kind", ["messages", "pings"])
def test_a_read_of_many_frames_does_not_hold_the_loop(server, counted, notes, kind):
    """40,000 of them are 200 ms of work, 64 less than one."""
    meter = Meter(server.loop)
    frames = {"messages": EMPTY, "pings": client_frame(PING)}[kind] * 40_000
    with opened(server.port) as peer:
        server.do(meter.start)
        peer.write(frames + close_frame())
        peer.rest()
        noted(notes)
    server.do(setattr, meter, "_tick", lambda: None)
    assert meter.longest < 0.02


def test_a_peer_that_goes_on_after_our_goodbye_is_listened_to_no_longer(server):
    async def application(scope, receive, send):
        await accept(receive, send)
        await receive()
        await send({"type": "websocket.close", "code": 4000})

    server.application = application
    with opened(server.port) as peer:
        peer.say("first")
        assert peer.closed().code == 4000
        peer.write(EMPTY * (DUES + SLICE))
        # It hangs up, although the peer has not answered the goodbye.
        assert peer.rest() == b""
    start = time.monotonic()
    while not server.at_rest():
        assert time.monotonic() < start + CLOSE_SECONDS / 2, "the peer's end was not heard"
