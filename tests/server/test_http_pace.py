"""How much is read and kept for a peer, and what is left when it is gone."""

import asyncio
import gc
from queue import Queue
from threading import Thread

from hubbub.server.exchange import Exchange
from hubbub.server.http import HTTP, READ_AHEAD
from tests.server.applications import noted
from tests.server.asking import END, answers, ask, line_of, post, read_all, reply
from tests.server.peer import SECONDS, Peer
from tests.server.strict import read_answers


def test_nothing_is_read_beyond_a_bound_while_an_answer_is_awaited(server):
    called, go = Queue(), asyncio.Event()

    async def application(scope, receive, send):
        called.put(scope["path"])
        await go.wait()
        await reply(send)

    server.application = application
    flood = ask("/flood") * (8 * READ_AHEAD // len(ask("/flood")))
    with Peer(server.port) as peer:
        writer = Thread(target=peer.write, args=(ask("/1") + flood + ask("/last", *END),))
        writer.start()
        assert noted(called) == "/1"

        connection = line_of(server, peer)

        def waiting():
            return len(connection.reader.buffer), connection.transport.is_reading()

        while server.do(waiting)[1]:
            pass
        assert server.do(waiting)[0] <= READ_AHEAD + 256 * 1024
        assert called.empty(), "one request at a time is with the application"
        server.loop.call_soon_threadsafe(go.set)
        count = len(read_answers(peer.rest()))
        writer.join()
    assert count == flood.count(b"GET") + 2


def test_answers_that_are_not_read_stop_the_reading(server):
    called = Queue()
    answer = b"x" * 1_000_000

    async def application(scope, receive, send):
        called.put(None)
        await reply(send, answer)

    server.application = application
    with Peer(server.port, receive_buffer=4096) as peer:
        peer.write(ask("/") * 200)

        connection = line_of(server, peer)

        def stuck():
            return connection.paused and connection.exchange is None

        while not server.do(stuck):
            pass
        assert called.qsize() < 20
        assert server.do(connection.transport.get_write_buffer_size) <= len(answer) + 1000


def test_a_peer_that_will_say_no_more_is_answered(server, echo):
    with Peer(server.port) as peer:
        peer.write(ask("/1") + ask("/2") + b"GET /hal")
        peer.stop_writing()
        assert [answer.body for answer in read_answers(peer.rest())] == [b"GET /1 ", b"GET /2 "]


def test_a_peer_that_will_say_no_more_is_answered_though_it_reads_slowly(server):
    answer = b"x" * 1_000_000

    async def application(scope, receive, send):
        await reply(send, answer)

    server.application = application
    with Peer(server.port, receive_buffer=4096) as peer:
        peer.write(ask("/") * 5)
        line = line_of(server, peer)
        while not server.do(lambda: line.paused and line.exchange is None):
            pass
        peer.stop_writing()
        while not (line.eof or line.transport.is_closing()):
            server.do(lambda: None)
        assert [len(answer.body) for answer in read_answers(peer.rest())] == [len(answer)] * 5


def test_an_application_hears_that_its_peer_is_gone(server):
    heard = Queue()

    async def application(scope, receive, send):
        await read_all(receive)
        heard.put("asked")
        heard.put((await receive())["type"])
        await send({"type": "http.response.start", "status": 200})
        await reply(send)
        heard.put("dropped")

    server.application = application
    with Peer(server.port) as peer:
        peer.write(ask())
        assert noted(heard) == "asked"
        server.do(line_of(server, peer).transport.abort)
    assert noted(heard) == "http.disconnect"


def test_nothing_is_left_of_a_connection(server, echo):
    def count():
        return sum(isinstance(thing, (HTTP, Exchange)) for thing in gc.get_objects())

    gc.collect()
    before = count()
    gc.disable()
    try:
        for _ in range(5):
            answers(server, ask() + ask("/", *END))
            answers(server, post("/", body=b"x" * 10)[:-1] + b"\n", b"GET / HTTP/1.0\n\n")
        end = server.loop.time() + SECONDS
        while server.do(count) > before:
            assert server.loop.time() < end, "a cycle that only the garbage collector ends"
    finally:
        gc.enable()
