"""A real server tells of everything that it refuses, closes and fails at, and of no secret."""

import contextlib
import json
import socket
import time

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.servers import RunningServer, start_server

SECONDS = 60
UNKNOWN = "hub_" + "x" * 43
SESSION = "s3ss10nkeyofsomebody"
TEXT = "what-she-said"
CHAT = "/ws/chat/general/"
SETTINGS = {
    "HUBBUB_LOG_FORMAT": "json",
    "HUBBUB_LOG_LEVEL": "DEBUG",
    "HUBBUB_RATE_LIMIT": "20/m",
    "HUBBUB_MAX_FRAME": "5000",
    "HUBBUB_COUNTER_REQUIRES_USER": "true",
    "HUBBUB_NOTIFICATIONS_SEND": "users",
}


@pytest.fixture(scope="module")
def server():
    with start_server(env=SETTINGS) as server:
        yield server


def talk(server: RunningServer, path, *said, **options):
    """Connect, say something, and read until the server closes or is silent."""
    with (
        contextlib.suppress(ConnectionClosed, InvalidStatus, TimeoutError),
        connect(server.ws + path, proxy=None, **options) as client,
    ):
        for text in said:
            client.send(text)
        while True:
            client.recv(timeout=1)


def ask(server, method, path, **options):
    httpx.request(method, server.url + path, trust_env=False, **options)


def junk(server):
    with socket.create_connection(("127.0.0.1", server.port)) as peer:
        peer.sendall(b"\0\1\2 no request\r\n\r\n")
        peer.recv(1000)


def cut_short(server):
    head = b"POST /api/auth/token/ HTTP/1.1\r\nHost: localhost\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as peer:
        peer.sendall(head + b"Content-Length: 100\r\n\r\n{")
        time.sleep(0.2)


def cookie(key):
    return {"additional_headers": {"Cookie": f"hubbub_session={key}"}}


def bearer(token):
    return {"headers": {"Authorization": f"Bearer {token}"}}


JSON = {"Content-Type": "application/json"}
LOGIN = {"username": "nobody", "password": "s3cret-pass"}
SAID = json.dumps({"type": "message", "message": TEXT, "nonsense": 1})
CASES = {
    ("handshake_refused", "origin"): lambda one: talk(one, CHAT, origin="https://evil.example"),
    ("handshake_refused", "path"): lambda one: talk(one, "/ws/nowhere/"),
    ("handshake_refused", "name"): lambda one: talk(one, "/ws/chat/a%20b/"),
    ("credential_refused", "unknown token"): lambda one: talk(one, f"{CHAT}?token={UNKNOWN}"),
    ("credential_refused", "unknown session"): lambda one: talk(one, CHAT, **cookie(SESSION)),
    ("credential_refused", "anonymous"): lambda one: talk(one, "/ws/counter/"),
    ("credential_refused", "scheme"): lambda one: talk(
        one, CHAT, additional_headers={"Authorization": f"Token {UNKNOWN}"}
    ),
    ("credential_refused", "wrong password"): lambda one: ask(
        one, "POST", "/api/auth/token/", json=LOGIN
    ),
    ("request_refused", "invalid_json"): lambda one: talk(one, CHAT, f"{{{TEXT}"),
    ("connection_closed", "message too big"): lambda one: talk(one, CHAT, TEXT * 1000),
    ("rate_limited", "connection"): lambda one: talk(one, CHAT, *["x"] * 25),
    ("connection_closed", "rate limit"): lambda one: talk(one, CHAT, *["x"] * 150),
    ("http_refused", "Http404"): lambda one: ask(one, "GET", "/api/nothing/here/"),
    ("http_refused", "method"): lambda one: ask(one, "DELETE", "/api/auth/token/"),
    ("http_refused", "invalid_json"): lambda one: ask(
        one, "POST", "/api/auth/token/", content=b"{" + TEXT.encode(), headers=JSON
    ),
    ("http_invalid", None): junk,
    ("http_invalid", "The body is cut short"): cut_short,
    ("server_started", None): lambda one: None,
    ("joined", None): lambda one: talk(one, CHAT),
    ("left", None): lambda one: talk(one, CHAT),
}


def lines(server):
    return [json.loads(line) for line in server.output().splitlines() if line.startswith("{")]


@pytest.mark.parametrize(("event", "reason"), CASES)
def test_it_is_a_line_with_its_reason_and_the_address(server, event, reason):
    CASES[event, reason](server)
    deadline = time.monotonic() + SECONDS
    while not (found := [line for line in lines(server) if is_of(line, event, reason)]):
        assert time.monotonic() < deadline, server.output()
        time.sleep(0.1)
    if event != "server_started":
        assert found[0]["address"] == "127.0.0.1"
    if reason == "origin":
        assert found[0]["origin"] == "https://evil.example"
        assert found[0]["host"] == f"127.0.0.1:{server.port}"


def is_of(line, event, reason):
    return line["event"] == event and reason in {None, line.get("reason")}


def test_no_line_has_a_secret_or_what_was_said_in_it(server):
    talk(server, CHAT, SAID)
    for case in CASES.values():
        case(server)
    output = server.output()
    for secret in (UNKNOWN, SESSION, TEXT, "zz-top-token", LOGIN["password"], "Traceback"):
        assert secret not in output


def test_the_stop_is_told_with_what_was_held_back():
    with start_server(env=SETTINGS) as server:
        for _ in range(5):
            talk(server, "/ws/nowhere/")
        assert server.stop() == 0
        told = [(line["event"], line.get("held")) for line in lines(server)]
    assert ("server_stopping", None) in told
    assert ("server_stopped", None) in told
    assert told.count(("handshake_refused", None)) == 1
    assert ("handshake_refused", 4) in told
