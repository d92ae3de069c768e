"""What a connection takes: a receiver in the application's place, handshakes, signs of life."""

import pytest

from tests.server.applications import accept, errors, noted
from tests.server.conftest import Sitter
from tests.server.peer import PING, PONG, TEXT, Peer, client_frame, close_frame, opened
from tests.server.serving import serving

# A receiver.


def test_a_receiver_gets_what_came_before_it_sat_down(server, notes):
    async def application(scope, receive, send):
        socket = scope["extensions"]["hubbub.socket"]["socket"]
        await accept(receive, send)
        await receive()
        socket.hand_over(Sitter(socket, notes), max_frame=1000, budget=1 << 20)

    server.application = application
    with opened(server.port) as peer:
        frames = [
            client_frame(TEXT, b"first"),
            client_frame(TEXT),
            client_frame(0x82 & 15, b"\x01"),
        ]
        peer.write(b"".join(frames))
        assert [noted(notes) for _ in range(2)] == ["", b"\x01"]
        peer.say("later")
        assert noted(notes) == "later"


def test_whoever_sits_down_on_a_closed_connection_hears_so(server, notes):
    async def application(scope, receive, send):
        socket = scope["extensions"]["hubbub.socket"]["socket"]
        await accept(receive, send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        socket.hand_over(Sitter(socket, notes), max_frame=1000, budget=1 << 20)

    server.application = application
    with opened(server.port) as peer:
        peer.write(close_frame(1000))
        assert noted(notes) == 1006


def test_a_receiver_s_limit_is_a_message_s(server, sit, notes):
    with opened(server.port) as peer:
        noted(notes)
        peer.say("x" * 1000)
        assert noted(notes) == "x" * 1000
        peer.say("x" * 1001)
        assert peer.frame().code == 1009


# The handshake, on a real port.


@pytest.mark.parametrize(("change", "status"), [({"version": "8"}, 426), ({"key": "x"}, 400)])
def test_a_handshake_that_breaks_the_rules_is_refused(server, caplog, change, status):
    with Peer(server.port) as peer:
        assert peer.shake("/", **change).status == status
        peer.rest()
    assert not errors(server, caplog)
    assert server.at_rest()


def test_no_extension_is_agreed_to(server, sit):
    with Peer(server.port) as peer:
        answer = peer.shake("/", "Sec-WebSocket-Extensions: permessage-deflate")
    assert answer.status == 101
    assert "sec-websocket-extensions" not in answer.headers


# Silence.


async def listen(scope, receive, send):
    await accept(receive, send)
    while (await receive())["type"] != "websocket.disconnect":
        pass


def test_a_peer_that_answers_nothing_for_an_interval_is_parted_from(loop):
    with serving(listen, loop=loop, ws_ping_interval=0.2) as server, opened(server.port) as peer:
        assert peer.frame() == (0x80 | PING, b"")
        close = peer.frame()
        assert (close.code, close.reason) == (1011, "no answer to a ping")


@pytest.mark.parametrize("sign", [client_frame(PONG), client_frame(TEXT, b"here")])
def test_any_sign_of_life_keeps_the_connection(loop, sign):
    with serving(listen, loop=loop, ws_ping_interval=0.1) as server, opened(server.port) as peer:
        for _ in range(5):
            assert peer.frame().opcode == PING
            peer.write(sign)
