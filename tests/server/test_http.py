"""One request, one answer: what an application is told, and what is refused before it."""

from contextvars import ContextVar
from queue import Queue

import pytest

from hubbub.server import ending
from hubbub.server.head import HEAD_MOST
from tests.server.applications import accept, noted
from tests.server.asking import END, INNER, answers, ask, bodies, post, reply
from tests.server.peer import TEXT, Peer, client_frame, request
from tests.server.serving import serving
from tests.server.strict import read_answers

# What the application is told.


def test_the_scope_is_the_asgi_specification_s(server):
    scopes = Queue()

    async def application(scope, receive, send):
        scopes.put(scope)
        await reply(send)

    server.application = application
    answers(server, ask("/a%20b/%C3%A4?x=1", "X-Color: red", *END))
    scope = noted(scopes)
    client, host = scope.pop("client"), scope.pop("server")
    assert client[0] == host[0] == "127.0.0.1"
    assert host[1] == server.port
    assert scope == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "root_path": "",
        "path": "/a b/ä",
        "raw_path": b"/a%20b/%C3%A4",
        "query_string": b"x=1",
        "headers": [(b"host", b"x"), (b"x-color", b"red"), (b"connection", b"close")],
        "state": {},
    }


def test_requests_on_one_connection_are_answered_in_order(server, echo):
    data = ask("/1") + post("/2", body=b"two") + ask("/3", *END)
    assert bodies(server, data) == [b"GET /1 ", b"POST /2 two", b"GET /3 "]


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_requests_in_small_pieces_are_answered_the_same(server, echo, size):
    chunks = b"3\r\ntwo\r\n0\r\n\r\n"
    chunked = ask("/2", "Transfer-Encoding: chunked", method="POST", body=chunks)
    data = b"\r\n" + ask("/1") + b"\r\n\r\n" + chunked + ask("/3", *END)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert bodies(server, *pieces) == [b"GET /1 ", b"POST /2 two", b"GET /3 "]


def test_nothing_of_one_request_s_context_is_there_in_the_next(server):
    marked = ContextVar("marked", default=b"clean")

    async def application(scope, receive, send):
        found = marked.get()
        marked.set(b"dirty")
        await reply(send, found)

    server.application = application
    assert bodies(server, ask() + ask() + ask("/", *END)) == [b"clean"] * 3


# Offers of another protocol.

OFFERS = [
    ("Connection: Upgrade", "Upgrade: h2c"),
    ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAI"),
    ("Connection: Upgrade", "Upgrade: TLS/1.0"),
    ("Connection: Upgrade", "Upgrade: websocket"),
    ("Upgrade: websocket",),
    ("Connection: Upgrade",),
]


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("apart", [True, False])
def test_a_body_behind_an_offer_is_a_body(server, echo, offer, apart):
    head, last = post("/1", *offer, body=INNER), ask("/2", *END)
    pieces = [head[: -len(INNER)], INNER, last] if apart else [head + last]
    assert bodies(server, *pieces) == [b"POST /1 " + INNER, b"GET /2 "]


@pytest.mark.parametrize("offer", OFFERS)
def test_chunks_behind_an_offer_are_chunks(server, echo, offer):
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(INNER), INNER)
    data = ask("/1", "Transfer-Encoding: chunked", *offer, method="PUT", body=chunks)
    assert bodies(server, data, ask("/2", *END)) == [b"PUT /1 " + INNER, b"GET /2 "]


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_a_handshake_with_a_body_or_of_http_1_0_is_a_request(server, echo, version):
    head = request("/ws/", f"Content-Length: {len(INNER)}", *END).replace(b"1.1", version.encode())
    assert bodies(server, head, INNER) == [b"GET /ws/ " + INNER]


def test_frames_that_come_with_the_handshake_are_read(server):
    async def application(scope, receive, send):
        await accept(receive, send)
        await send({"type": "websocket.send", "text": (await receive())["text"]})

    server.application = application
    with Peer(server.port) as peer:
        peer.write(request("/ws/") + client_frame(TEXT, b"early"))
        assert peer.answer().status == 101
        assert peer.text() == "early"


def test_a_handshake_may_follow_a_request(server):
    async def application(scope, receive, send):
        if scope["type"] == "http":
            await reply(send)
        else:
            await accept(receive, send)

    server.application = application
    with Peer(server.port) as peer:
        peer.write(ask("/before") + request("/ws/"))
        first = peer.answer()
        assert (first.status, peer.read(2)) == (200, b"ok")
        assert peer.answer().status == 101


@pytest.mark.parametrize("ws", ["none", "websockets-sansio"])
def test_other_websocket_classes_go_with_it(loop, ws):
    async def application(scope, receive, send):
        if scope["type"] == "http":
            await reply(send, status=426)
        else:
            await accept(receive, send)

    with serving(application, loop=loop, ws=ws) as server, Peer(server.port) as peer:
        status = peer.shake("/ws/").status
    assert status == (426 if ws == "none" else 101)


# What is refused.


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\n\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (ask("/", "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400),
        (ask("/", "Content-Length: 5", "Content-Length: 6", body=b"hello"), 400),
        (ask("/", "Transfer-Encoding: identity", "Content-Length: 5", body=b"hello"), 400),
        (ask("/", "Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), 501),
        (ask("/", "Expect: 200-ok"), 417),
        (ask("/", "x" * (HEAD_MOST + 1)), 431),
        (b"GET / HTTP/1.1\r\n" + b"x" * (HEAD_MOST + 1), 431),
        (request("/ws/", "X-Big: " + "x" * HEAD_MOST), 431),
        (request("/ws/", *[f"X-{number}: y" for number in range(100)]), 431),
        (ask("/", "Transfer-Encoding: chunked", body=b"x\r\n"), 400),
    ],
)
def test_what_is_refused_is_answered_once_and_nothing_behind_it_is_read(server, echo, data, status):
    [answer] = answers(server, data + INNER)
    assert (answer.status, answer.closes) == (status, True)


def test_a_body_that_breaks_off_is_refused(server, echo):
    with Peer(server.port) as peer:
        peer.write(post("/", body=b"hello")[:-1])
        peer.stop_writing()
        [answer] = read_answers(peer.rest())
    assert (answer.status, answer.closes) == (400, True)


def test_a_refusal_can_be_read_although_the_peer_goes_on(server, echo):
    with Peer(server.port) as peer:
        peer.write(b"x y z\r\n\r\n" + b"x" * 3_000_000)
        [answer] = read_answers(peer.rest())
    assert answer.status == 400


def write_on(peer):
    while True:
        peer.write(b"x" * 10_000)


def test_what_is_dropped_is_bounded(server, echo, monkeypatch):
    monkeypatch.setattr(ending, "LINGER_MOST", 100_000)
    with Peer(server.port) as peer:
        peer.write(b"x y z\r\n\r\n")
        assert peer.answer().status == 400
        with pytest.raises(ConnectionError):
            write_on(peer)


def test_an_answer_that_has_begun_is_cut_when_its_body_turns_out_bad(server):
    begun = Queue()

    async def application(scope, receive, send):
        start = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        begun.put(await receive())
        await send({"type": "http.response.body", "body": b"too late"})

    server.application = application
    with Peer(server.port) as peer:
        peer.write(ask("/", "Transfer-Encoding: chunked", method="POST"))
        assert peer.answer().status == 200
        peer.write(b"x\r\n")
        assert b"HTTP/1.1" not in peer.rest()
    assert noted(begun) == {"type": "http.disconnect"}
