"""What the connection does to its transport, where a real one would not do as a test wants."""

from types import SimpleNamespace

import pytest

from hubbub.server import protocol
from hubbub.server.heartbeat import Heartbeat
from hubbub.server.host import QUEUE_HIGH
from hubbub.server.protocol import WebSocket
from hubbub.wire.closes import FORBIDDEN, restarting
from tests.server.peer import CLOSE, KEY, PING, TEXT, client_frame
from tests.server.test_heartbeat import Loop

HEAD = f"GET / HTTP/1.1\r\nsec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n\r\n".encode()
ANSWER = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


class Transport:
    def __init__(self, *, half_close=True):
        self.half_close = half_close
        self.calls = []
        self.written = []
        self.reading = True
        self.waiting = 0

    def get_protocol(self):
        return SimpleNamespace()

    def write(self, data):
        self.written.append(data)

    def get_write_buffer_size(self):
        return self.waiting

    def is_closing(self):
        return False

    def is_reading(self):
        return self.reading

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = True

    def can_write_eof(self):
        return self.half_close

    def __getattr__(self, name):
        return lambda: self.calls.append(name)


class Receiver:
    peer = "10.0.0.1"

    def __init__(self):
        self.heard = []
        self.codes = []

    def received(self, payload):
        self.heard.append(payload)

    def closed(self, code):
        self.codes.append(code)


@pytest.fixture
def loop():
    return Loop()


@pytest.fixture
def open_socket(monkeypatch, loop):
    """A connection that is open, on a transport of the test's."""
    host = SimpleNamespace(
        connections=set(),
        loop=loop,
        heartbeat=Heartbeat(loop, 20.0),
        max_size=1000,
        farewell=lambda: restarting(700),
    )
    monkeypatch.setattr(protocol, "host_of", lambda *_: host)
    scope = {"path": "/", "headers": []}
    monkeypatch.setattr(protocol.Call, "start", lambda call: setattr(call, "_scope", scope))

    def build(*, accepted=True, **options):
        socket = WebSocket(None, None, None)
        socket.connection_made(Transport(**options))
        socket.data_received(HEAD)
        if accepted:
            socket.accept(ANSWER)
            socket.hand_over(Receiver(), max_frame=1000, budget=1000)
        return socket

    build.host = host
    return build


def opcodes(socket):
    return [data[0] & 0x0F for data in socket.transport.written if data != ANSWER]


def test_it_is_accepted_once(open_socket):
    socket = open_socket()
    socket.accept(ANSWER)
    assert socket.transport.written == [ANSWER]


def test_an_open_connection_cannot_be_refused(open_socket):
    socket = open_socket()
    socket.refuse(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    assert socket.transport.written == [ANSWER]
    assert socket.transport.calls == []


def test_after_a_breach_a_transport_that_cannot_close_halfway_is_closed(open_socket):
    halfway, whole = open_socket(), open_socket(half_close=False)
    for socket in (halfway, whole):
        socket.data_received(client_frame(TEXT, b"x", reserved=0x40))
        assert opcodes(socket) == [CLOSE]
    assert halfway.transport.calls == ["write_eof"]
    assert whole.transport.calls == ["close"]


def test_a_connection_whose_application_lags_is_read_again_to_hear_the_goodbye(open_socket):
    socket = open_socket()
    socket.transport.pause_reading()
    socket.close(FORBIDDEN)
    assert socket.transport.is_reading()


def test_a_receiver_takes_over_a_connection_that_was_not_read_any_more(open_socket, loop):
    soon = []
    loop.call_soon = soon.append
    socket = open_socket(accepted=False)
    for _ in range(QUEUE_HIGH):
        socket.data_received(client_frame(TEXT, b"x"))
    assert not socket.transport.is_reading()
    socket.accept(ANSWER)
    receiver = Receiver()
    socket.hand_over(receiver, max_frame=1000, budget=1000)
    assert receiver.heard == ["x"] * QUEUE_HIGH
    (go_on,) = soon
    go_on()
    assert socket.transport.is_reading()


def test_a_receiver_is_told_of_messages_alone(open_socket):
    socket, receiver = open_socket(accepted=False), Receiver()
    socket.accept(ANSWER)
    socket.data_received(client_frame(TEXT, b"x"))
    socket.hand_over(receiver, max_frame=1000, budget=1000)
    assert receiver.heard == ["x"]


def test_a_second_receiver_takes_the_place_of_the_first(open_socket):
    socket, second = open_socket(), Receiver()
    socket.hand_over(second, max_frame=500, budget=1000)
    socket.data_received(client_frame(TEXT, b"x"))
    assert second.heard == ["x"]


def test_while_it_is_not_read_silence_is_nobody_s_fault(open_socket, loop):
    socket = open_socket()
    socket.transport.pause_reading()
    loop.pass_time(100)
    assert opcodes(socket) == [PING]
    socket.transport.resume_reading()
    loop.pass_time(20)
    assert opcodes(socket) == [PING, CLOSE]


def test_a_connection_on_its_way_out_is_pinged_no_more(open_socket, loop):
    socket = open_socket()
    socket.close(FORBIDDEN)
    socket.beat()
    assert opcodes(socket) == [CLOSE]


def test_a_peer_that_does_not_hang_up_is_cut_off(open_socket, loop):
    socket = open_socket()
    socket.close(FORBIDDEN)
    loop.pass_time(9)
    assert "abort" not in socket.transport.calls
    loop.pass_time(1)
    assert "abort" in socket.transport.calls


def test_nobody_is_cut_off_who_is_gone(open_socket, loop):
    socket = open_socket()
    socket.close(FORBIDDEN)
    socket.connection_lost(None)
    assert loop.waiting() == []
    assert not open_socket.host.connections


def test_a_slow_connection_has_its_budget_and_no_more(open_socket):
    socket = open_socket()
    socket.pause_writing()
    socket.transport.waiting = 900
    socket.write(b"x" * 100)
    assert socket.transport.written[-1] == b"x" * 100
    socket.write(b"x" * 101)
    assert opcodes(socket)[-1] == CLOSE
    assert socket.transport.written[-1][2:4] == (4408).to_bytes(2, "big")


def test_what_goes_straight_to_the_transport_is_not_counted(open_socket):
    socket = open_socket()
    socket.pause_writing()
    socket.resume_writing()
    socket.transport.waiting = 5000
    socket.write(b"x")
    assert socket.transport.written[-1] == b"x"


def test_a_connection_on_its_way_out_stays_dumb_whatever_its_transport_says(open_socket):
    socket = open_socket()
    socket.close(FORBIDDEN)
    socket.pause_writing()
    socket.write(b"x")
    socket.resume_writing()
    socket.write(b"x")
    assert opcodes(socket) == [CLOSE]


def test_a_stop_is_told_to_whoever_is_here(open_socket):
    here, asking, gone = open_socket(), open_socket(accepted=False), open_socket()
    gone.connection_lost(None)
    for socket in (here, asking, gone):
        socket.shutdown()
    assert b"retry_after_ms=700" in here.transport.written[-1]
    assert asking.transport.written[-1].startswith(b"HTTP/1.1 503 ")
    assert gone.transport.written == [ANSWER]
