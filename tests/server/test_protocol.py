"""How connections end: goodbyes of either side, and breaches of the protocol."""

import pytest

from hubbub.server import protocol
from hubbub.wire.closes import Close
from tests.server.applications import noted
from tests.server.peer import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    Peer,
    client_frame,
    close_frame,
    opened,
    request,
)


@pytest.fixture
def impatient(monkeypatch):
    """A server that waits a tenth of a second for the answer to its goodbye."""
    monkeypatch.setattr(protocol, "CLOSE_SECONDS", 0.1)


# The peer says goodbye.


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
def test_a_goodbye_is_returned_and_the_server_hangs_up_first(server, sit, notes, code):
    with opened(server.port) as peer:
        noted(notes)
        peer.write(close_frame(code, "bye"))
        assert peer.frame() == (0x80 | CLOSE, code.to_bytes(2, "big") + b"bye")
        assert peer.rest() == b""
        assert noted(notes) == code
    assert server.at_rest()


def test_a_goodbye_without_a_code_is_returned_without_one(server, sit, notes):
    with opened(server.port) as peer:
        noted(notes)
        peer.write(close_frame())
        assert peer.frame() == (0x80 | CLOSE, b"")
        assert noted(notes) == 1005


def test_a_peer_that_vanishes_is_told_as_1006_once(server, sit, notes):
    with opened(server.port):
        noted(notes)
    assert noted(notes) == 1006
    assert server.at_rest()
    assert notes.empty()


def test_a_peer_that_will_say_no_more_is_hung_up_on(server, sit, notes):
    with opened(server.port) as peer:
        noted(notes)
        peer.stop_writing()
        assert peer.rest() == b""
    assert noted(notes) == 1006


def test_what_follows_a_goodbye_is_not_read(server, sit, notes):
    with opened(server.port) as peer:
        noted(notes)
        peer.write(close_frame(1000) + client_frame(TEXT, b"late"))
        peer.rest()
    assert noted(notes) == 1000
    assert server.at_rest()
    assert notes.empty()


# The server says goodbye.


def test_the_server_s_goodbye_is_told_at_once_and_it_waits_for_the_answer(server, sit, notes):
    with opened(server.port) as peer:
        socket = noted(notes)
        server.do(socket.close, Close(4403, "not allowed"))
        assert noted(notes) == 4403
        close = peer.frame()
        assert (close.code, close.reason) == (4403, "not allowed")
        peer.write(close_frame(4403))
        assert peer.rest() == b""
    assert server.at_rest()
    assert notes.empty()


def test_only_the_first_goodbye_counts(server, sit, notes):
    with opened(server.port) as peer:
        socket = noted(notes)
        server.do(socket.close, Close(4403, "not allowed"))
        server.do(socket.close, Close(1011, "internal error"))
        assert peer.frame().code == 4403
        peer.write(close_frame())
        assert peer.rest() == b""


def test_nothing_is_said_or_heard_after_the_goodbye(server, sit, notes):
    with opened(server.port) as peer:
        socket = noted(notes)
        server.do(socket.close, Close(1000, ""))
        server.do(socket.write, b"late")
        peer.write(client_frame(TEXT, b"late") + client_frame(PING) + close_frame(1000))
        assert peer.frame().opcode == CLOSE
        assert peer.rest() == b""
    assert noted(notes) == 1000
    assert server.at_rest()
    assert notes.empty()


def test_a_peer_that_never_answers_the_goodbye_is_cut_off(server, sit, notes, impatient):
    with opened(server.port) as peer:
        socket = noted(notes)
        server.do(socket.close, Close(1000, ""))
        assert peer.frame().opcode == CLOSE
        assert peer.rest() == b""
    assert server.at_rest()


# The peer breaks the protocol.


def test_a_breach_is_told_and_can_be_read_although_the_peer_goes_on(server, sit, notes):
    with opened(server.port) as peer:
        noted(notes)
        peer.write(client_frame(TEXT, b"x", reserved=0x40))
        close = peer.frame()
        assert (close.code, close.reason) == (1002, "protocol error")
        assert noted(notes) == 1002
        peer.say("more")
        assert peer.rest() == b""
    assert server.at_rest()
    assert notes.empty()


def test_a_peer_that_broke_the_protocol_and_stays_is_cut_off(server, sit, notes, impatient):
    with opened(server.port) as peer:
        noted(notes)
        peer.write(client_frame(TEXT, b"\xff"))
        assert peer.frame().code == 1007
        assert peer.rest() == b""
        while not server.at_rest():
            pass


def test_a_breach_instead_of_an_answer_to_the_goodbye_ends_the_connection(server, sit, notes):
    with opened(server.port) as peer:
        socket = noted(notes)
        server.do(socket.close, Close(1000, ""))
        peer.write(client_frame(CLOSE, b"\x00"))
        assert peer.frame().opcode == CLOSE
        assert peer.rest() == b""
    assert server.at_rest()


def test_a_message_too_large_is_refused_by_its_header(server, sit, notes):
    with opened(server.port) as peer:
        noted(notes)
        peer.write(client_frame(TEXT, size=1 << 30))
        close = peer.frame()
        assert (close.code, close.reason) == (1009, "message too big")
    assert noted(notes) == 1009


@pytest.mark.parametrize("early", [client_frame(3), client_frame(TEXT, b"\xff"), b"\x00\x00"])
def test_a_breach_before_the_answer_ends_the_connection(server, notes, early):
    async def application(scope, receive, send):
        await receive()
        notes.put("asked")
        notes.put(await receive())

    server.application = application
    with Peer(server.port) as peer:
        peer.write(request())
        noted(notes)
        peer.write(early)
        assert noted(notes)["type"] == "websocket.disconnect"
        assert peer.answer().status == 400
        assert peer.rest()
    assert server.at_rest()


def test_a_goodbye_before_the_answer_ends_the_connection(server, notes):
    async def application(scope, receive, send):
        await receive()
        notes.put("asked")
        notes.put(await receive())

    server.application = application
    with Peer(server.port) as peer:
        peer.write(request())
        noted(notes)
        peer.write(client_frame(PING, b"early") + close_frame(1001))
        assert noted(notes)["code"] == 1001
        assert peer.rest() == b""
    assert server.at_rest()


# Pings.


def test_a_ping_is_answered_with_its_payload_and_a_pong_is_heard_in_silence(server, sit, notes):
    with opened(server.port) as peer:
        noted(notes)
        peer.write(client_frame(PONG, b"unasked") + client_frame(PING, b"x" * 125))
        assert peer.frame() == (0x80 | PONG, b"x" * 125)
    assert noted(notes) == 1006
