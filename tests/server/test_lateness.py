"""How long a peer may take: with each thing it waits for, one deadline, and one clear end."""

import asyncio
import logging
from contextlib import contextmanager
from queue import Queue

import pytest

from hubbub.server.host import HALF_CLOSED_SECONDS, HEAD_SECONDS, LINGER_SECONDS, host_of
from hubbub.server.lateness import RATE, late_body
from tests.server.applications import accept, noted
from tests.server.asking import END, ask, line_of, piece, post, reply, start
from tests.server.peer import Peer, request
from tests.server.strict import read_answers

LONG = 1000.0


@pytest.fixture
def hurried(server, echo):
    """Have one deadline pass soon, and the others never."""
    host = server.do(host_of, server.server.config, server.server.server_state, {})
    names = [name for name in vars(host) if name.endswith("_deadline")]
    before = {name: getattr(host, name).seconds for name in names}

    def hurry(name, seconds=0.2):
        for other in names:
            server.do(reset, getattr(host, other), seconds if other == f"{name}_deadline" else LONG)

    yield hurry
    for name, seconds in before.items():
        server.do(reset, getattr(host, name), seconds)


def reset(deadline, seconds):
    """Give a deadline another time; a timer of the time before is set anew by the next start."""
    deadline.seconds = seconds
    if deadline._timer is not None:
        deadline._timer.cancel()
        deadline._timer = None


@contextmanager
def sent(server, data):
    with Peer(server.port) as peer:
        peer.write(data)
        yield peer


@pytest.mark.parametrize(
    "data",
    [
        b"G",
        ask()[:-2],
        ask("/1") + ask("/2")[:-1],
        request("/ws/")[:-2],
        b"\r",
    ],
)
def test_a_head_that_does_not_end_is_answered_408(server, hurried, data):
    hurried("head")
    with sent(server, data) as peer:
        *_, last = read_answers(peer.rest())
    assert (last.status, last.closes) == (408, True)


def test_a_head_that_comes_byte_by_byte_has_no_more_time(server, hurried):
    hurried("head", 0.5)
    with sent(server, ask()[:-2] + b"x: ") as peer:
        line = line_of(server, peer)
        while not line.deaf:
            peer.write(b"y")
            server.do(lambda: None)
        assert read_answers(peer.rest())[0].status == 408


def test_a_peer_that_says_nothing_is_hung_up_on_without_a_word(server, hurried, caplog):
    hurried("head")
    with sent(server, b"") as peer:
        assert peer.rest() == b""
    with sent(server, b"\r\n\r\n") as peer:
        assert peer.rest() == b""
    assert "http_cut_short reason=silent" in caplog.text


def test_a_connection_between_two_requests_is_closed_when_it_was_idle(server, hurried):
    hurried("idle")
    with sent(server, ask("/1") + ask("/2")) as peer:
        assert [answer.status for answer in read_answers(peer.rest())] == [200, 200]


@pytest.mark.parametrize(
    "data",
    [
        post(body=b"hello")[:-1],
        post(body=b"hello")[:-5],
        ask("/", "Transfer-Encoding: chunked", method="POST"),
        ask("/", "Transfer-Encoding: chunked", method="POST", body=b"5\r\nhel"),
        ask("/", "Transfer-Encoding: chunked", method="POST", body=b"5\r\nhello\r\n0\r\nx: y\r\n"),
    ],
)
def test_a_body_that_does_not_come_is_answered_408(server, hurried, data):
    hurried("body")
    with sent(server, data) as peer:
        [answer] = read_answers(peer.rest())
    assert (answer.status, answer.closes) == (408, True)


def test_a_body_that_comes_fast_enough_may_take_long(server, hurried):
    hurried("none")
    enough = b"x" * int(RATE * LONG)
    head, body = post(body=enough * 3 + b"x")[: -3 * len(enough) - 1], enough
    with sent(server, head) as peer:
        line = line_of(server, peer)
        for _ in range(2):
            peer.write(body)
            while line.received < len(body):
                server.do(lambda: None)
            server.do(late_body, line)
            assert (line.deaf, line.received) == (False, 0)
        peer.write(body[:-1])
        while line.received < len(body) - 1:
            server.do(lambda: None)
        server.do(late_body, line)
        assert read_answers(peer.rest())[0].status == 408


def test_a_body_that_the_application_is_slow_to_take_may_take_longer(server, hurried):
    go = asyncio.Event()

    async def application(scope, receive, send):
        await go.wait()
        while (await receive())["more_body"]:
            pass
        await reply(send)

    server.application = application
    hurried("body", 0.05)
    data = post("/", *END, body=b"x" * 300_000)
    with sent(server, data[:-1]) as peer:
        end = server.loop.time() + 0.5
        while server.loop.time() < end:
            server.do(lambda: None)
        line = line_of(server, peer)
        assert not line.deaf
        peer.write(data[-1:])
        server.loop.call_soon_threadsafe(go.set)
        assert read_answers(peer.rest())[0].status == 200


def test_an_answered_request_s_body_that_does_not_come_ends_without_a_second_answer(
    server, hurried
):
    async def application(scope, receive, send):
        await reply(send)

    server.application = application
    hurried("body")
    with sent(server, post(body=b"hello")[:-1]) as peer:
        assert [answer.status for answer in read_answers(peer.rest())] == [200]


def test_an_answer_that_is_not_read_is_cut(server, hurried):
    ended = Queue()

    async def application(scope, receive, send):
        await receive()
        await reply(send, b"x" * 20_000_000)
        ended.put(await receive())

    server.application = application
    hurried("answer")
    with Peer(server.port, receive_buffer=4096) as peer:
        peer.write(ask())
        line = line_of(server, peer)
        assert noted(ended) == {"type": "http.disconnect"}
        while line in server.connections:
            server.do(lambda: None)
        with pytest.raises(AssertionError):
            read_answers(peer.rest())


def test_a_refused_peer_that_goes_on_is_cut_off(server, hurried):
    hurried("linger")
    with sent(server, b"x y z\r\n\r\n") as peer:
        line = line_of(server, peer)
        assert peer.answer().status == 400
        while line in server.connections:
            server.do(lambda: None)


def test_a_peer_that_will_say_no_more_does_not_wait_for_ever(server, hurried, caplog):
    caplog.set_level(logging.INFO, "hubbub.server")
    heard = Queue()

    async def application(scope, receive, send):
        await receive()
        heard.put((await receive())["type"])

    server.application = application
    hurried("half_closed")
    with sent(server, ask()) as peer:
        peer.stop_writing()
        assert peer.rest() == b""
    assert noted(heard) == "http.disconnect"
    assert 'http_cut_short reason="half closed"' in caplog.text


def test_a_peer_that_will_say_no_more_may_read_as_long_as_others(server, hurried):
    async def application(scope, receive, send):
        await send(start())
        for _ in range(200):
            await send(piece(b"x" * 100_000, more=True))
        await send(piece())

    server.application = application
    hurried("half_closed", 0.2)
    with Peer(server.port, receive_buffer=4096) as peer:
        peer.write(ask("/", *END))
        line = line_of(server, peer)
        while not server.do(lambda: line.paused):
            pass
        peer.stop_writing()
        end = server.loop.time() + 0.5
        while server.loop.time() < end:
            server.do(lambda: None)
        assert len(read_answers(peer.rest())[0].body) == 20_000_000


def test_an_application_may_take_its_time(server, hurried):
    go = asyncio.Event()

    async def application(scope, receive, send):
        if scope["type"] == "http":
            await go.wait()
            await reply(send)
        else:
            await accept(receive, send)

    server.application = application
    hurried("head", 0.05)
    with sent(server, ask("/", *END)) as peer, Peer(server.port) as silent:
        assert silent.rest() == b""  # a deadline has passed meanwhile
        server.loop.call_soon_threadsafe(go.set)
        assert read_answers(peer.rest())[0].status == 200


def test_the_times_are_what_the_documents_say(server):
    host = server.do(host_of, server.server.config, server.server.server_state, {})
    assert host.head_deadline.seconds == HEAD_SECONDS
    assert host.linger_deadline.seconds == LINGER_SECONDS
    assert host.half_closed_deadline.seconds == HALF_CLOSED_SECONDS
