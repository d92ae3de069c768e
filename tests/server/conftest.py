from queue import Queue

import pytest

from tests.server.applications import accept
from tests.server.asking import read_all, reply
from tests.server.serving import serving

LOOPS = ("asyncio", "uvloop")


async def refuse(scope, receive, send):
    raise AssertionError("a test sets the application that it needs")


@pytest.fixture(scope="package", params=LOOPS)
def running(request):
    """One server a kind of event loop, for all tests that can share it."""
    with serving(refuse, loop=request.param) as server:
        yield server


@pytest.fixture
def server(running):
    """The shared server; a test gives it an application."""
    yield running
    running.application = refuse


@pytest.fixture(params=LOOPS)
def loop(request):
    """The name of a kind of event loop, for a server of the test's own."""
    return request.param


@pytest.fixture
def notes():
    """What an application notes for the test."""
    return Queue()


class Sitter:
    """A receiver that notes what it hears."""

    peer = "10.0.0.1"

    def __init__(self, socket, notes):
        self.socket = socket
        self.notes = notes

    def received(self, payload):
        self.notes.put(payload)

    def closed(self, code):
        self.notes.put(code)


@pytest.fixture
def sit(server, notes):
    """Have every connection given to a receiver; the socket is the first thing noted."""

    async def application(scope, receive, send):
        socket = scope["extensions"]["hubbub.socket"]["socket"]
        await accept(receive, send)
        socket.hand_over(Sitter(socket, notes), max_frame=1000, budget=1 << 20)
        notes.put(socket)

    server.application = application


@pytest.fixture
def echo(server):
    """An application that says what it was asked: method, path and body."""

    async def application(scope, receive, send):
        body = await read_all(receive)
        await reply(send, b" ".join([scope["method"].encode(), scope["path"].encode(), body]))

    server.application = application
