"""The protocol classes where the server speaks TLS itself: `wss` and `https`, as without it."""

import shutil
import socket
import struct
import sys
import time

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.api_v1.serving import SITE, make_people
from tests.api_v1.talk import talk
from tests.server.applications import accept
from tests.server.asking import ask, read_all, reply
from tests.server.certificate import Certificate
from tests.server.peer import request
from tests.server.serving import SECONDS, serving
from tests.servers import free_port, start_process

RESET = struct.pack("ii", 1, 0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("certificate"))


async def echo(scope, receive, send):
    """The scheme first, then whatever comes."""
    if scope["type"] == "http":
        await read_all(receive)
        await reply(send, scope["scheme"].encode())
        return
    await accept(receive, send)
    await send({"type": "websocket.send", "text": scope["scheme"]})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


@pytest.fixture
def server(loop, certificate):
    with serving(echo, loop=loop, **certificate.options) as server:
        yield server


def plainly(server):
    return socket.create_connection(("127.0.0.1", server.port), SECONDS)


def securely(server, certificate):
    return certificate.trusting().wrap_socket(plainly(server), server_hostname="localhost")


def rest(handle):
    """All that comes until the end."""
    heard = b""
    try:
        while piece := handle.recv(1 << 16):
            heard += piece
    except OSError:  # cut off
        pass
    handle.close()
    return heard


def until(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_request_is_one_of_https_and_pipelined_ones_are_all_answered(server, certificate):
    handle = securely(server, certificate)
    handle.sendall(ask() * 49 + ask("/", "Connection: close"))
    heard = rest(handle)
    assert heard.count(b"HTTP/1.1 200 OK") == 50
    assert heard.endswith(b"https")


def test_a_socket_is_one_of_wss_and_long_messages_pass_both_ways(server, certificate):
    url, context = f"wss://localhost:{server.port}/", certificate.trusting()
    with connect(url, ssl=context, max_size=None, compression=None, proxy=None) as client:
        assert client.recv(SECONDS) == "wss"
        for size in (1 << 10, 1 << 16, 1 << 22):
            client.send("x" * size)
            assert client.recv(SECONDS) == "x" * size
    until(server.at_rest)


def test_plain_http_is_cut_and_told_in_one_line(server, certificate, caplog):
    for _ in range(20):
        handle = plainly(server)
        handle.sendall(ask())
        assert rest(handle) == b""
    refused = [text for text in caplog.messages if text.startswith("tls_refused")]
    assert refused == ['tls_refused reason="http request"']
    assert not [record for record in caplog.records if record.exc_info]


def test_whoever_is_cut_off_at_any_moment_leaves_nothing(server, certificate, caplog):
    for length in range(0, 40, 4):
        handle = plainly(server)
        handle.sendall(b"\x16\x03\x01\x02\x00\x01"[: length // 4])
        handle.close()
        for asked in (ask()[:length], request()):
            handle = securely(server, certificate)
            handle.sendall(asked)
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            handle.close()
    until(server.at_rest)
    handle = securely(server, certificate)
    handle.sendall(ask("/", "Connection: close"))
    assert rest(handle).endswith(b"https")
    assert not [record for record in caplog.records if record.exc_info]


async def test_the_site_over_tls(certificate, tmp_path):
    """By uvicorn's own command: secure cookies, the page's own origin, messages and their limit."""
    port = free_port()
    protocols = ["--http", "hubbub.server.http:HTTP", "--ws", "hubbub.server.protocol:WebSocket"]
    files = ["--ssl-keyfile", str(certificate.key), "--ssl-certfile", str(certificate.file)]
    words = ["hubbub.asgi:application", "--port", str(port), *protocols, *files]
    command = [sys.executable, "-m", "uvicorn", *words]
    here, trusting = f"localhost:{port}", certificate.trusting()
    shutil.copytree(make_people(SITE).folder.name, tmp_path, dirs_exist_ok=True)
    env = {"HUBBUB_HTTPS": "true", "HUBBUB_DATA": str(tmp_path)}
    with start_process(command, port, env=env, wait_for=None) as running:
        async with httpx.AsyncClient(verify=trusting, trust_env=False) as http:
            answer = await first_answer(http, f"https://{here}/", running)
            assert "; Secure" in answer.headers["Set-Cookie"]
            assert "Strict-Transport-Security" in answer.headers
        url = f"wss://{here}/ws/chat/general/"
        async with talk(url, ssl=trusting, origin=f"https://{here}") as chat:
            await chat.say(type="ping")
            await chat.hear_until(type="pong")
            await chat.say_raw("x" * 65537)
            assert await chat.goodbye() == (1009, "message too big")
        with pytest.raises(InvalidStatus, match="403"):
            async with talk(url, ssl=trusting, origin="https://elsewhere.example"):
                pass


async def first_answer(http, url, running):
    """What a server says once it listens."""
    deadline = time.monotonic() + 90
    while True:
        try:
            return await http.get(url)
        except httpx.TransportError:
            assert time.monotonic() < deadline, running.output()
            assert running.process.poll() is None, running.output()
            time.sleep(0.1)  # noqa: ASYNC251 - nothing else runs here
