"""Hubbub behind a real nginx, as the documents say and as it is often done instead."""

import json
import shutil
import subprocess
import time

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.places.projects import Project
from tests.server.asking import END, ask, post
from tests.server.certificate import Certificate
from tests.server.nginx import in_front_of, needs_nginx
from tests.server.peer import Peer, opened
from tests.server.strict import read_answers
from tests.servers import free_port, start_server

pytestmark = needs_nginx


@pytest.fixture(scope="module")
def hubbub():
    with start_server() as server:
        yield server


@pytest.fixture(scope="module")
def proxy(hubbub):
    """nginx as the documents say, with a path that it keeps to itself."""
    with in_front_of(hubbub.port, locations="location /api/counter/ { return 403; }") as port:
        yield port


def local(data):
    """A request to a name that the site answers to."""
    return data.replace(b"Host: x", b"Host: localhost", 1)


def answers(port, *pieces):
    with Peer(port) as peer:
        for piece in pieces:
            peer.write(piece)
        return read_answers(peer.rest())


def test_a_handshake_comes_through(proxy):
    with opened(proxy, "/ws/counter/") as peer:
        assert json.loads(peer.text())


def test_requests_come_through_on_connections_that_are_kept(proxy):
    for _ in range(20):
        [answer] = answers(proxy, local(ask("/healthz", *END)))
        assert (answer.status, answer.body) == (200, b'{"status": "ok"}')


INNER = local(ask("/api/counter/visits/"))
OFFERS = [
    (),
    ("Connection: Upgrade", "Upgrade: h2c"),
    ("Connection: Upgrade", "Upgrade: websocket"),
]


def test_the_path_that_the_proxy_keeps_is_kept(proxy, hubbub):
    assert answers(proxy, INNER[:-2] + b"Connection: close\r\n\r\n")[0].status == 403
    assert answers(hubbub.port, INNER[:-2] + b"Connection: close\r\n\r\n")[0].status == 200


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("apart", [True, False])
def test_a_body_is_never_a_request(proxy, offer, apart):
    for _ in range(6):
        data = local(post("/ws/notifications/", *offer, body=INNER))
        head, body = data[: -len(INNER)], data[-len(INNER) :]
        pieces = [head, body] if apart else [data]
        first, second = answers(proxy, *pieces, local(ask("/healthz", *END)))
        assert first.status == 426
        assert (second.status, second.body) == (200, b'{"status": "ok"}')


PLAIN = "location / {{ proxy_pass http://hubbub; proxy_set_header Host $http_host; {} }}"
ONE_ONE = "proxy_http_version 1.1;"
UPGRADE = "proxy_set_header Upgrade $http_upgrade;"
CONNECTION = "proxy_set_header Connection upgrade;"


@pytest.mark.parametrize(
    "lines",
    [
        "",
        ONE_ONE,
        UPGRADE,
        ONE_ONE + UPGRADE,
        CONNECTION,
        ONE_ONE + CONNECTION,
        UPGRADE + CONNECTION,
    ],
)
def test_a_proxy_that_does_not_pass_an_upgrade_is_told_so(hubbub, lines):
    with in_front_of(hubbub.port, location=PLAIN.format(lines)) as port, Peer(port) as peer:
        answer = peer.shake("/ws/counter/")
        assert answer.status == 426
        body = json.loads(peer.read(int(answer.headers["content-length"])))
        assert "does not pass the Upgrade and Connection lines" in body["message"]


def test_all_three_lines_are_what_it_takes(hubbub):
    location = PLAIN.format(ONE_ONE + UPGRADE + CONNECTION)
    with in_front_of(hubbub.port, location=location) as port, Peer(port) as peer:
        assert peer.shake("/ws/counter/").status == 101


def shaken(port, page):
    """The status of a handshake that a page asks for at the address of a proxy."""
    with Peer(port) as peer:
        return peer.shake("/ws/counter/", f"Origin: {page}", host=f"localhost:{port}").status


def test_a_page_of_the_proxy_s_own_address_may_connect(proxy):
    assert shaken(proxy, f"http://localhost:{proxy}") == 101
    assert shaken(proxy, "http://localhost") == 403
    assert shaken(proxy, f"http://evil.example:{proxy}") == 403


UPGRADED = "location / {{ proxy_pass http://hubbub; " + ONE_ONE + UPGRADE + CONNECTION + "{} }}"
FORWARDED = "proxy_set_header X-Forwarded-Host $http_host;"
WITHOUT_PORT = "proxy_set_header Host $host; proxy_set_header X-Forwarded-Port $server_port;"


@pytest.mark.parametrize("lines", ["", FORWARDED, WITHOUT_PORT])
def test_a_proxy_that_asks_for_another_name_is_refused_and_the_log_has_both(lines):
    """nginx's own block for WebSockets asks for the name of its upstream."""
    location = UPGRADED.format(lines)
    with start_server() as server, in_front_of(server.port, location=location) as port:
        assert shaken(port, f"http://localhost:{port}") == 403
        asked = "localhost" if lines == WITHOUT_PORT else "hubbub"
        assert f"origin=http://localhost:{port} host={asked} " in until(server, f":{port} host=")


def until(server, part):
    """What a server has printed, once a part of it is there."""
    deadline = time.monotonic() + 20
    while part not in server.output():
        assert time.monotonic() < deadline, server.output()
        time.sleep(0.02)
    return server.output()


@pytest.mark.parametrize("lines", [FORWARDED, WITHOUT_PORT])
def test_a_project_that_trusts_the_proxy_s_word_takes_its_pages(trusting, lines):
    with in_front_of(trusting.port, location=UPGRADED.format(lines)) as port:
        assert shaken(port, f"http://localhost:{port}") == 101
        assert shaken(port, "http://localhost") == 403
        assert shaken(port, f"http://evil.example:{port}") == 403


def test_with_a_certificate_all_is_sent_to_https_and_a_page_of_it_may_connect(tmp_path):
    secure = free_port(), Certificate(tmp_path)
    with (
        start_server(env={"HUBBUB_HTTPS": "true"}) as server,
        in_front_of(server.port, secure=secure) as port,
    ):
        [sent] = answers(port, local(ask("/", *END)))
        assert (sent.status, dict(sent.headers)["location"]) == (301, "https://localhost/")
        page = f"https://localhost:{secure[0]}"
        address, trusting = f"wss://localhost:{secure[0]}/ws/counter/", secure[1].trusting()
        with connect(address, proxy=None, ssl=trusting, origin=page) as ws:
            assert json.loads(ws.recv(timeout=20))
        with pytest.raises(InvalidStatus, match="403"):
            connect(address, proxy=None, ssl=trusting, origin=page.replace("https", "http"))


@pytest.fixture(scope="module")
def trusting(tmp_path_factory):
    settings = "USE_X_FORWARDED_HOST = USE_X_FORWARDED_PORT = True"
    project = Project(tmp_path_factory.mktemp("trusting"), settings=settings)
    project.manage("migrate")
    with project.serve() as server:
        yield server


@pytest.mark.parametrize("through", [True, False])
def test_an_offer_of_http_2_with_a_body_is_answered_as_without(proxy, hubbub, through):
    body = json.dumps({"title": "T", "message": "m"}).encode()
    lines = ("Content-Type: application/json",)
    h2c = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    data = [
        local(post("/api/notifications/send/", *extra, *lines, body=body)) for extra in ((), h2c)
    ]
    found = answers(proxy if through else hubbub.port, *data, local(ask("/healthz", *END)))
    assert [answer.status for answer in found] == [200, 200, 200]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("through", [True, False])
def test_curl_that_offers_http_2_is_answered(proxy, hubbub, through):
    url = f"http://127.0.0.1:{proxy if through else hubbub.port}/api/notifications/send/"
    body = json.dumps({"title": "T", "message": "m"})
    command = [
        "curl",
        "--silent",
        "--fail-with-body",
        "--noproxy",
        "*",
        "--http2",
        "-H",
        "Content-Type: application/json",
        "-d",
        body,
    ]
    done = subprocess.run([*command, url], capture_output=True, timeout=60, check=False)
    assert json.loads(done.stdout)["status"] == "success"
