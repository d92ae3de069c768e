"""What an application is told of the two ends of a connection, whatever carries it."""

import asyncio
import socket

import pytest
import uvloop

from hubbub.server.scope import address_of, describe_connection, unmapped

LOOPS = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])


class Watched:
    """A transport that notes what it is asked for."""

    def __init__(self, transport):
        self._transport = transport
        self.asked = set()

    def get_extra_info(self, name):
        self.asked.add(name)
        return self._transport.get_extra_info(name)


def met(new_loop, listen):
    """The transport of a connection to the server that `listen(loop, protocol)` starts, its scope,
    and the names of the two ends as the client has them."""

    async def meet():
        loop, made = asyncio.get_running_loop(), asyncio.Future()
        protocol = type(
            "Protocol",
            (asyncio.Protocol,),
            {"connection_made": lambda _, transport: made.set_result(Watched(transport))},
        )
        server = await listen(loop, protocol)
        listener = server.sockets[0]
        with socket.socket(listener.family) as client:
            client.setblocking(False)
            await loop.sock_connect(client, listener.getsockname())
            transport = await made
            told = describe_connection(transport, ("ws", "wss"))
            ends = client.getsockname(), client.getpeername()
            address = address_of(transport)
        server.close()
        return transport, told, ends, address

    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(meet())


@LOOPS
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_both_ends_of_a_connection_are_known_by_host_and_port(new_loop, host):
    def listen(loop, protocol):
        return loop.create_server(protocol, host, 0)

    transport, told, (client, server), address = met(new_loop, listen)
    assert told == {"scheme": "ws", "client": client[:2], "server": server[:2]}
    assert address == host
    assert "socket" not in transport.asked, "uvloop makes one, and keeps it"


@LOOPS
def test_an_address_of_ipv4_is_that_where_a_socket_listens_on_both(new_loop):
    def listen(loop, protocol):
        both = socket.socket(socket.AF_INET6)
        both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        both.bind(("::ffff:127.0.0.1", 0))
        return loop.create_server(protocol, sock=both)

    _, told, (client, server), address = met(new_loop, listen)
    assert client[0] == server[0] == "::ffff:127.0.0.1"
    here = "127.0.0.1"
    assert told == {"scheme": "ws", "client": (here, client[1]), "server": (here, server[1])}
    assert address == here


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("192.0.2.7, ::FFFF:10.0.0.5", "192.0.2.7, 10.0.0.5"),
        ("[::ffff:192.0.2.7]:80", "[192.0.2.7]:80"),
        ("2001:db8::7", "2001:db8::7"),
        ("::ffff:0:1.2.3.4", "::ffff:0:1.2.3.4"),
        ("192.0.2.7", "192.0.2.7"),
    ],
)
def test_addresses_of_ipv4_are_written_as_they_are_known(written, known):
    assert unmapped(written) == known


@LOOPS
def test_a_unix_socket_is_known_by_its_path(new_loop, tmp_path):
    path = str(tmp_path / "sock")

    def listen(loop, protocol):
        return loop.create_unix_server(protocol, path)

    _, told, _, address = met(new_loop, listen)
    assert told == {"scheme": "ws", "client": None, "server": (path, None)}
    assert address == ""
