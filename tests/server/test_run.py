"""The server as a whole: what it is told to do, and how it stops."""

import asyncio
import re
from queue import Queue
from threading import Event, Thread
from unittest.mock import Mock

import pytest
from django.test import override_settings

from hubbub.fanout.hub import has_hub
from hubbub.server import run as running
from hubbub.server.run import configure
from tests.server.applications import ACCEPT, accept, errors, noted
from tests.server.peer import CLOSE, SECONDS, Peer, close_frame, opened, request
from tests.server.serving import Serving, serving


async def listen(scope, receive, send):
    await accept(receive, send)
    while (await receive())["type"] != "websocket.disconnect":
        pass


@pytest.fixture
def stopping(loop):
    """A server of the test's own, which the test begins to stop."""
    with serving(listen, loop=loop, options={"chance": lambda: 0.5}) as server:
        yield server


@override_settings(HUBBUB_DRAIN_SECONDS=4)
def test_everybody_is_told_when_to_come_back(stopping):
    with opened(stopping.port) as peer:
        stopping.begin_to_stop()
        close = peer.closed()
        assert (close.code, close.reason) == (1012, "server restarting retry_after_ms=2200")
        peer.write(close_frame(1012))
        assert peer.rest() == b""


def test_clients_are_told_different_moments(loop):
    with serving(listen, loop=loop) as server:
        peers = [opened(server.port) for _ in range(10)]
        server.begin_to_stop()
        told = [int(re.search(r"\d+$", peer.closed().reason)[0]) for peer in peers]
        for peer in peers:
            peer.__exit__()
    assert len(set(told)) > 1
    assert all(200 <= milliseconds <= 5200 for milliseconds in told)


def test_new_connections_are_refused_while_it_stops(stopping):
    with opened(stopping.port) as lingering:
        stopping.begin_to_stop()
        assert lingering.frame().opcode == CLOSE
        with pytest.raises(ConnectionRefusedError):
            Peer(stopping.port)


def test_a_handshake_under_way_is_answered_503(loop, caplog):
    asked = Queue()

    async def hesitate(scope, receive, send):
        asked.put(await receive())
        await receive()
        await send(ACCEPT)

    with serving(hesitate, loop=loop) as server, Peer(server.port) as peer:
        peer.write(request())
        noted(asked)
        server.begin_to_stop()
        answer = peer.answer()
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert peer.rest() == b"Server is restarting\n"
        assert errors(server, caplog) == [], "who accepts too late has done nothing wrong"


def test_clients_that_never_answer_do_not_hold_it_up(loop, monkeypatch):
    monkeypatch.setattr("tests.server.serving.STOP_SECONDS", 0.1)
    server = Serving(listen, loop=loop)
    server.start()
    with opened(server.port) as peer:
        server.stop()
        assert peer.closed().code == 1012


def test_an_application_that_never_ends_does_not_hold_it_up(loop, monkeypatch):
    async def forever(scope, receive, send):
        await accept(receive, send)
        await asyncio.Event().wait()

    monkeypatch.setattr("tests.server.serving.STOP_SECONDS", 0.1)
    server = Serving(forever, loop=loop)
    server.start()
    with opened(server.port):
        server.stop()


def test_the_whole_stop_stays_under_ten_seconds():
    config = configure("tests.server.test_run:listen", host="127.0.0.1", port=0)
    assert config.timeout_graceful_shutdown + 1 < 10


def test_the_one_who_drains_is_told_before_the_clients(loop):
    drained = Event()
    options = {"drain": drained.set}
    with serving(listen, loop=loop, options=options) as server, opened(server.port) as peer:
        assert not drained.is_set()
        server.begin_to_stop()
        assert peer.frame().code == 1012
        assert drained.is_set()


def test_a_process_that_serves_has_a_hub_before_the_first_connection(loop, monkeypatch):
    monkeypatch.setattr("hubbub.fanout.hub.hubs._all", ())
    with serving(listen, loop=loop):
        assert has_hub()


@override_settings(HUBBUB_MAX_FRAME=5000, HUBBUB_PING_INTERVAL=3.5)
def test_the_settings_decide_size_and_pings():
    config = configure("tests.server.test_run:listen", host="127.0.0.1", port=8123)
    assert (config.host, config.port) == ("127.0.0.1", 8123)
    assert (config.ws_max_size, config.ws_ping_interval) == (5000, 3.5)


def test_no_log_line_can_hold_a_token_and_nothing_is_deflated():
    config = configure("tests.server.test_run:listen", host="127.0.0.1", port=0)
    assert not config.access_log
    assert not config.ws_per_message_deflate
    assert not config.server_header


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("believed", "client", "known_as"),
    [
        (None, "127.0.0.1", "192.0.2.7"),
        (None, "10.0.0.1", "10.0.0.1"),
        ("10.0.0.1,10.0.0.2", "10.0.0.2", "192.0.2.7"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
    ],
)
async def test_only_a_proxy_that_is_believed_says_whose_the_connection_is(
    monkeypatch, kind, believed, client, known_as
):
    met = []

    async def application(scope, receive, send):
        met.append(scope["client"][0])

    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    if believed is not None:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", believed)
    config = configure(application, host="127.0.0.1", port=0)
    config.load()
    headers = [(b"x-forwarded-for", b"192.0.2.7")]
    scope = {"type": kind, "client": (client, 50000), "headers": headers, "asgi": {}}
    await config.loaded_app(scope, None, None)
    assert met == [known_as]


def test_it_serves_an_application_by_name_until_it_is_stopped(monkeypatch):
    servers = Queue()

    class Known(running.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            servers.put((self, type(asyncio.get_running_loop()).__module__))

    monkeypatch.setattr(running, "Server", Known)
    monkeypatch.setattr(running, "gc", Mock())  # the garbage of the other tests is not its own
    drained = Event()
    arguments = {"host": "127.0.0.1", "port": 0, "drain": drained.set}
    thread = Thread(target=running.run, args=("tests.server.test_run:listen",), kwargs=arguments)
    thread.start()
    server, loop = noted(servers)
    with opened(server.servers[0].sockets[0].getsockname()[1]) as peer:
        server.should_exit = True
        assert peer.closed().code == 1012
    thread.join(SECONDS)
    assert not thread.is_alive()
    assert drained.is_set()
    assert loop.startswith("uvloop")
