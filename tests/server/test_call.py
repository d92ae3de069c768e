"""The ASGI specification's WebSocket part, from the application's side."""

import asyncio

import pytest
from channels.routing import URLRouter
from django.urls import path

from hubbub.sockets.door import not_found
from tests.server.applications import ACCEPT, SEND, accept, errors, noted
from tests.server.peer import BINARY, TEXT, Peer, close_frame, opened


def test_the_scope_tells_of_the_handshake(server, notes):
    async def application(scope, receive, send):
        notes.put(scope)
        await accept(receive, send)

    server.application = application
    headers = ("X-Color: red", "Sec-WebSocket-Protocol: hubbub.v1, bearer.x")
    with opened(server.port, "/a%20b?x=1", *headers):
        scope = noted(notes)
    assert scope["type"] == "websocket"
    assert (scope["scheme"], scope["http_version"]) == ("ws", "1.1")
    assert (scope["path"], scope["raw_path"]) == ("/a b", b"/a%20b")
    assert (scope["query_string"], scope["root_path"]) == (b"x=1", "")
    assert (b"x-color", b"red") in scope["headers"]
    assert scope["subprotocols"] == ["hubbub.v1", "bearer.x"]
    assert scope["server"] == ("127.0.0.1", server.port)
    assert scope["client"][0] == "127.0.0.1"
    assert scope["asgi"] == {"version": "3.0", "spec_version": "2.4"}
    assert set(scope["extensions"]) == {"websocket.http.response", "hubbub.socket"}


def test_the_scope_s_state_is_each_connection_s_own(server, notes):
    async def application(scope, receive, send):
        notes.put(dict(scope["state"]))
        scope["state"]["seen"] = True
        await accept(receive, send)

    server.application = application
    for _ in range(2):
        with opened(server.port):
            assert noted(notes) == {}


def test_messages_go_both_ways_as_what_they_are(server, notes):
    async def application(scope, receive, send):
        await accept(receive, send)
        for _ in range(2):
            notes.put(await receive())
        await send({"type": "websocket.send", "text": "ä"})
        await send({"type": "websocket.send", "bytes": b"\xff", "text": None})
        await send({"type": "websocket.send", "bytes": None, "text": None})

    server.application = application
    with opened(server.port) as peer:
        peer.send(TEXT, b"")
        peer.send(BINARY, b"\x00")
        assert noted(notes) == {"type": "websocket.receive", "text": ""}
        assert noted(notes) == {"type": "websocket.receive", "bytes": b"\x00"}
        assert peer.text() == "ä"
        assert peer.frame() == (0x82, b"\xff")
        assert peer.closed().code == 1000


def test_an_application_chooses_a_subprotocol_and_adds_headers(server):
    async def application(scope, receive, send):
        await accept(receive, send, subprotocol="chat", headers=[(b"x-color", b"red")])

    server.application = application
    with Peer(server.port) as peer:
        answer = peer.shake("/", "Sec-WebSocket-Protocol: chat")
    assert answer.headers["sec-websocket-protocol"] == "chat"
    assert answer.headers["x-color"] == "red"


@pytest.mark.parametrize("code", [999, 1004, 1006, 1015, 1016, 2999, 5000])
def test_a_code_that_no_frame_may_have_is_the_application_s_fault(server, caplog, code):
    async def application(scope, receive, send):
        await accept(receive, send)
        await send({"type": "websocket.close", "code": code})

    server.application = application
    with opened(server.port) as peer:
        assert peer.closed().code == 1011
    assert str(code) in str(errors(server, caplog)[0].exc_info[1])


def test_closing_with_1005_is_closing_without_a_code(server):
    async def application(scope, receive, send):
        await accept(receive, send)
        await send({"type": "websocket.close", "code": 1005})

    server.application = application
    with opened(server.port) as peer:
        assert peer.frame().payload == b""


def test_a_path_that_no_router_of_channels_has_is_answered_404_and_is_no_fault(server, caplog):
    inner = URLRouter([path("b/", not_found)])
    server.application = URLRouter([path("a/", inner)])
    for target in ("/", "/a/", "/a/c/"):
        with Peer(server.port) as peer:
            assert peer.shake(target).status == 404
            assert peer.rest() == b'{"status":"error","message":"Not found"}'
    assert not errors(server, caplog)
    assert "handshake_refused reason=path status=404" in caplog.text


def test_closing_instead_of_accepting_is_answered_403(server, notes):
    async def application(scope, receive, send):
        await receive()
        await send({"type": "websocket.close"})
        notes.put(await receive())

    server.application = application
    with Peer(server.port) as peer:
        assert peer.shake().status == 403
        assert peer.rest() == b""
    assert noted(notes)["type"] == "websocket.disconnect"


def test_an_application_may_answer_with_any_http_response(server, notes):
    async def application(scope, receive, send):
        await receive()
        headers = [(b"content-type", b"text/plain"), (b"retry-after", b"7")]
        await send({"type": "websocket.http.response.start", "status": 503, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b"one", "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b" two"})
        notes.put(await receive())

    server.application = application
    with Peer(server.port) as peer:
        answer = peer.shake()
        assert (answer.status, answer.headers["retry-after"]) == (503, "7")
        assert answer.headers["content-length"] == "7"
        assert peer.rest() == b"one two"
    assert noted(notes)["type"] == "websocket.disconnect"


START = {"type": "websocket.http.response.start", "status": 403}
BODY = {"type": "websocket.http.response.body"}


@pytest.mark.parametrize(
    "messages",
    [[SEND], [BODY], [{"type": "http.response.start"}], [{"type": "websocket.accepted"}]],
    ids=str,
)
def test_what_may_not_be_said_before_the_answer_raises_and_is_answered_500(
    server, caplog, messages
):
    async def application(scope, receive, send):
        await receive()
        for message in messages:
            await send(message)

    server.application = application
    with Peer(server.port) as peer:
        assert peer.shake().status == 500
    assert "out of order" in str(errors(server, caplog)[0].exc_info[1])


@pytest.mark.parametrize("message", [ACCEPT, START, BODY], ids=str)
def test_what_may_not_be_said_after_the_answer_raises_and_closes_with_1011(server, caplog, message):
    async def application(scope, receive, send):
        await accept(receive, send)
        await send(message)

    server.application = application
    with opened(server.port) as peer:
        assert peer.closed().code == 1011
    assert "out of order" in str(errors(server, caplog)[0].exc_info[1])


FAILURES = [ValueError("broken"), ConnectionRefusedError("its database"), asyncio.CancelledError()]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_an_application_that_raises_before_the_answer_is_answered_500(server, caplog, failure):
    async def application(scope, receive, send):
        raise failure

    server.application = application
    with Peer(server.port) as peer:
        assert peer.shake().status == 500
    assert errors(server, caplog)[0].exc_info[1] is failure


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_an_application_that_raises_afterwards_closes_with_1011(server, caplog, failure):
    async def application(scope, receive, send):
        await accept(receive, send)
        raise failure

    server.application = application
    with opened(server.port) as peer:
        close = peer.closed()
    assert (close.code, close.reason) == (1011, "internal error")
    assert errors(server, caplog)[0].exc_info[1] is failure


INJECTED = [(b"x", b"y\r\nset-cookie: stolen=1")]


@pytest.mark.parametrize(
    "messages",
    [
        [{**ACCEPT, "headers": INJECTED}],
        [{**ACCEPT, "subprotocol": "x\r\nset-cookie: stolen=1"}],
        [{**ACCEPT, "subprotocol": "€"}],
        [{**START, "headers": INJECTED}, BODY],
    ],
    ids=str,
)
def test_an_answer_that_cannot_be_written_becomes_500(server, caplog, messages):
    async def application(scope, receive, send):
        await receive()
        for message in messages:
            await send(message)

    server.application = application
    with Peer(server.port) as peer:
        answer = peer.shake()
    assert answer.status == 500
    assert "set-cookie" not in answer.headers
    assert errors(server, caplog)


def test_an_application_that_returns_without_an_answer_is_answered_500(server):
    async def application(scope, receive, send):
        await receive()

    server.application = application
    with Peer(server.port) as peer:
        assert peer.shake().status == 500
        assert peer.rest()


def test_an_application_that_returns_ends_the_connection_in_good_order(server):
    async def application(scope, receive, send):
        await accept(receive, send)

    server.application = application
    with opened(server.port) as peer:
        assert peer.closed().code == 1000


def test_an_application_says_goodbye_once_with_a_code_and_a_reason(server):
    async def application(scope, receive, send):
        await accept(receive, send)
        await send({"type": "websocket.close", "code": 4000, "reason": "enough"})
        await send({"type": "websocket.close", "code": 4001})

    server.application = application
    with opened(server.port) as peer:
        close = peer.closed()
        assert (close.code, close.reason) == (4000, "enough")
        peer.write(close_frame(4000))
        assert peer.rest() == b""
