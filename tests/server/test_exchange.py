"""Bodies as an application reads them, and its answers as a peer does."""

import asyncio
from queue import Queue
from threading import Thread

import pytest

from hubbub.server.exchange import BODY_HIGH
from hubbub.server.http import DROP_MOST
from tests.server.applications import errors
from tests.server.asking import END, INNER, answers, ask, piece, post, read_all, reply, start
from tests.server.peer import Peer
from tests.server.strict import read_answers

# Bodies.


def test_a_body_waits_for_the_application_within_a_bound(server):
    sizes, go = Queue(), asyncio.Event()

    async def application(scope, receive, send):
        await go.wait()
        while True:
            message = await receive()
            sizes.put(len(message["body"]))
            if not message["more_body"]:
                break
        await reply(send)

    server.application = application
    total = 20 * BODY_HIGH
    with Peer(server.port) as peer:
        writer = Thread(target=peer.write, args=(post("/", *END, body=b"x" * total),))
        writer.start()
        server.do(lambda: None)
        server.loop.call_soon_threadsafe(go.set)
        assert read_answers(peer.rest())[0].status == 200
        writer.join()
    seen = [sizes.get_nowait() for _ in range(sizes.qsize())]
    assert sum(seen) == total
    assert max(seen) <= 2 * BODY_HIGH + 256 * 1024


def test_100_is_said_when_the_body_is_asked_for(server, echo):
    data = post("/", "Expect: 100-continue", *END, body=b"hello")
    with Peer(server.port) as peer:
        peer.write(data[:-5])
        assert peer.answer().status == 100
        peer.write(b"hello")
        assert read_answers(peer.rest())[0].body == b"POST / hello"


def test_100_is_not_said_when_nothing_is_to_come(server):
    async def application(scope, receive, send):
        await read_all(receive)
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        await reply(send, scope["path"].encode())
        await waiting

    server.application = application
    expecting = "Expect: 100-continue"
    with Peer(server.port) as peer:
        peer.write(post("/1", expecting, body=b"hello") + ask("/2", expecting, *END))
        data = peer.rest()
    assert b"100 Continue" not in data
    assert [answer.body for answer in read_answers(data)] == [b"/1", b"/2"]


def test_100_is_not_said_amid_an_answer(server):
    async def application(scope, receive, send):
        await send(start())
        await send(piece(b"one", more=True))
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        await send(piece(b"two"))
        await waiting

    server.application = application
    with Peer(server.port) as peer:
        peer.write(post("/", "Expect: 100-continue", body=b"hello")[:-5])
        assert [answer.body for answer in read_answers(peer.rest())] == [b"onetwo"]


def test_a_body_that_nobody_asked_for_is_not_waited_for(server):
    async def application(scope, receive, send):
        await reply(send, status=413)

    server.application = application
    data = post("/", "Expect: 100-continue", body=b"x" * 10)
    with Peer(server.port) as peer:
        peer.write(data[:-10])
        [answer] = read_answers(peer.rest())
    assert (answer.status, answer.closes) == (413, True)


def test_a_small_body_that_is_not_read_is_dropped(server):
    async def application(scope, receive, send):
        await reply(send, scope["path"].encode())

    server.application = application
    data = post("/1", body=INNER * 10)
    first, second = answers(server, data[:-100], data[-100:], ask("/2", *END))
    assert (first.body, second.body) == (b"/1", b"/2")
    assert not first.closes


@pytest.mark.parametrize(
    "data",
    [
        post("/1", body=b"x" * (DROP_MOST + 500_000)) + INNER,
        ask("/1", "Transfer-Encoding: chunked", method="POST", body=b"5\r\nhello\r\n"),
    ],
)
def test_a_body_of_no_known_end_that_is_not_read_ends_the_connection(server, data):
    async def application(scope, receive, send):
        await reply(send, scope["path"].encode())

    server.application = application
    [answer] = answers(server, data)
    assert (answer.body, answer.closes) == (b"/1", True)


# Answers.


def answer_with(server, *messages, method="GET", version="1.1"):
    async def application(scope, receive, send):
        for message in messages:
            await send(message)

    server.application = application
    with Peer(server.port) as peer:
        peer.write(ask("/", *END, method=method, version=version))
        return peer.rest()


def test_a_body_without_a_length_goes_in_chunks(server):
    data = answer_with(server, start(), piece(b"one", more=True), piece(more=True), piece(b"two"))
    assert data.endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
    assert read_answers(data)[0].body == b"onetwo"


def test_a_peer_of_http_1_0_gets_no_chunks(server):
    data = answer_with(server, start(), piece(b"one", more=True), piece(b"two"), version="1.0")
    assert read_answers(data)[0].body == b"onetwo"
    assert b"chunked" not in data


@pytest.mark.parametrize("length", [(), ((b"content-length", b"3"),)])
@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304), ("HEAD", 404)]
)
def test_some_answers_have_no_body_whatever_is_given(server, length, method, status):
    data = answer_with(server, start(*length, status=status), piece(b"one"), method=method)
    assert data.endswith(b"\r\n\r\n")
    [answer] = read_answers(data, [method])
    assert answer.status == status
    assert ("content-length" in answer.headers) == bool(length and status != 204)


def test_the_framing_of_the_answer_is_the_server_s(server):
    given = ((b"Transfer-Encoding", b"gzip"), (b"Connection", b"keep-alive"))
    data = answer_with(server, start(*given), piece(b"one"))
    assert data.count(b"ransfer-") == 1
    assert b"\r\n3\r\none\r\n0\r\n\r\n" in data


@pytest.mark.parametrize(
    "messages",
    [
        (),
        (start(),),
        (piece(b"x"),),
        (start(status=99), piece()),
        (start(status=101), piece()),
        (start((b"x", b"a\r\nset-cookie: b")), piece()),
        (start((b"x y", b"z")), piece()),
        (start((b"content-length", b"x")), piece()),
        (start((b"content-length", b"1"), (b"content-length", b"2")), piece(b"x")),
        (start((b"content-length", b"1")), piece(b"xy")),
        (start((b"content-length", b"2")), piece(b"x")),
        (start(), start()),
        ({"type": "http.response.trailers"},),
    ],
)
def test_an_application_that_is_wrong_is_answered_for_with_500(server, caplog, messages):
    [answer] = read_answers(answer_with(server, *messages))
    assert (answer.status, answer.closes) == (500, True)
    assert len(errors(server, caplog)) == 1


def test_an_application_that_raises_is_answered_for_with_500(server, caplog):
    async def application(scope, receive, send):
        await receive()
        raise ValueError("on purpose")

    server.application = application
    [answer] = answers(server, ask() + INNER)
    assert (answer.status, answer.closes) == (500, True)
    assert "on purpose" not in answer.body.decode()
    assert len(errors(server, caplog)) == 1


def test_an_answer_that_is_not_finished_is_cut(server, caplog):
    data = answer_with(server, start(), piece(b"half", more=True))
    with pytest.raises(AssertionError, match="no last chunk"):
        read_answers(data or b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    assert len(errors(server, caplog)) == 1
