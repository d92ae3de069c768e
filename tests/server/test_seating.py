"""The limits on connections hold from the connection on, for silent ones too."""

import json
import socket
from contextlib import ExitStack

import pytest
from django.test import override_settings

from hubbub.server import seating
from hubbub.server.host import host_of
from tests.server.applications import accept
from tests.server.asking import ask, reply
from tests.server.peer import Peer, request
from tests.server.serving import serving
from tests.server.strict import read_answers


async def application(scope, receive, send):
    if scope["type"] == "websocket":
        await accept(receive, send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
    else:
        await reply(send)


@pytest.fixture
def limited(loop):
    """A server that takes three connections, two of each address, and hears of a proxy's clients.

    Who is over a limit has no more than a fifth of a second to say so.
    """
    with (
        override_settings(HUBBUB_MAX_CONNECTIONS=3, HUBBUB_MAX_CONNECTIONS_PER_ADDRESS=2),
        serving(application, loop=loop, forwarded_allow_ips="127.0.0.9") as server,
    ):
        host = server.do(host_of, server.server.config, server.server.server_state, {})
        host.surplus_deadline.seconds = 0.2
        yield server


class From(Peer):
    """A client with an address of its own."""

    def __init__(self, port, address):
        self._socket = socket.create_connection(("127.0.0.1", port), 10, (address, 0))
        self._file = self._socket.makefile("rb")


HERE, THERE, ELSEWHERE, PROXY = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.9"


def arrived(server, count):
    while len(server.connections) < count:
        server.do(lambda: None)


@pytest.fixture
def client(limited):
    """Connect from an address; the server has taken the connection."""
    with ExitStack() as stack:

        def connect(address):
            count = len(limited.connections)
            peer = stack.enter_context(From(limited.port, address))
            arrived(limited, count + 1)
            return peer

        yield connect


def refusal(peer):
    [answer] = read_answers(peer.rest())
    assert answer.closes
    return answer.status, answer.headers["retry-after"], json.loads(answer.body)["message"]


BUSY = (503, "1", "Server is busy, try again")
TOO_MANY = (429, "60", "Rate limit exceeded")


@pytest.mark.parametrize("data", [b"", b"G", ask(), request("/ws/")])
def test_silent_connections_count(client, data):
    for _ in range(2):
        client(HERE)
    third = client(HERE)
    third.write(data)
    assert refusal(third) == TOO_MANY
    client(THERE)
    other = client(ELSEWHERE)
    other.write(data)
    assert refusal(other) == BUSY


def test_open_sockets_and_requests_count(client):
    assert client(HERE).shake("/ws/").status == 101
    client(HERE).write(b"GET / HTTP/1.1\r\n")
    assert refusal(client(HERE)) == TOO_MANY


def test_who_has_gone_makes_room(limited, client):
    first, _ = client(HERE), client(HERE)
    assert first.shake("/ws/").status == 101
    first.stop_writing()
    first.rest()
    while len(limited.connections) > 1:
        limited.do(lambda: None)
    assert client(HERE).shake("/ws/").status == 101


def test_a_connection_without_a_request_gives_way(limited, client):
    idle = client(HERE)
    idle.write(ask())
    assert (idle.answer().status, idle.read(2)) == (200, b"ok")
    assert client(HERE).shake("/ws/").status == 101
    with From(limited.port, HERE) as third:
        assert third.shake("/ws/").status == 101
        assert idle.rest() == b""


def test_a_proxy_that_is_believed_connects_for_its_clients(client):
    for number in range(2):
        client(PROXY).write(ask("/", f"X-Forwarded-For: 192.0.2.{number}")[:-2])
    third = client(PROXY)
    third.write(ask("/", "X-Forwarded-For: 192.0.2.9", "Connection: close"))
    assert read_answers(third.rest())[0].status == 200


def test_a_proxy_s_connection_counts_for_nobody_s_address_once_it_named_one(client):
    for number in range(3):
        assert client(PROXY).shake("/ws/", f"X-Forwarded-For: 192.0.2.{number}").status == 101
    assert refusal(client(PROXY)) == BUSY


def test_a_proxy_that_is_not_believed_is_a_client(client):
    for _ in range(2):
        assert client(HERE).shake("/ws/", "X-Forwarded-For: 192.0.2.1").status == 101
    third = client(HERE)
    third.write(request("/ws/", "X-Forwarded-For: 192.0.2.2"))
    assert refusal(third) == TOO_MANY


def test_what_is_far_over_a_limit_is_cut_at_once(limited, client, monkeypatch, caplog):
    monkeypatch.setattr(seating, "SURPLUS_MOST", 1)
    for _ in range(2):
        client(HERE)
    client(HERE)
    with From(limited.port, HERE) as fourth:
        assert fourth.rest() == b""
    assert 'overloaded reason="connections cut at once"' in caplog.text


def test_nothing_is_counted_when_all_are_gone(limited, client):
    for address in (HERE, HERE, HERE, THERE, PROXY):
        client(address).write(b"G")
    for connection in tuple(limited.connections):
        limited.do(connection.transport.abort)
    while limited.connections:
        limited.do(lambda: None)
    host = limited.do(host_of, limited.server.config, limited.server.server_state, {})
    assert host.seating.surplus == 0
    assert host.seating.seats._held == {}


def test_without_a_limit_nothing_is_counted(server):
    with Peer(server.port):
        arrived(server, 1)
        assert next(iter(server.connections)).seat is None


def test_a_socket_of_another_class_leaves_its_seat(loop):
    with (
        override_settings(HUBBUB_MAX_CONNECTIONS=1),
        serving(application, loop=loop, ws="websockets-sansio") as server,
    ):
        for _ in range(3):
            with Peer(server.port) as peer:
                assert peer.shake("/ws/").status == 101
