"""`hubbub serve` on a Unix socket, on sockets that were handed over, and under a root path."""

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect, unix_connect

from hubbub import __version__
from tests.http.calls import call
from tests.servers import ROOT, START_SECONDS, environment, opener, start_server

#: One connection an address, so that addresses can be told apart.
LIMITED = {"HUBBUB_MAX_CONNECTIONS_PER_ADDRESS": "1"}


class Line(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def ask(path, target="/healthz"):
    """The status of a GET over a Unix socket, or None where nobody listens."""
    line = Line(path)
    try:
        line.request("GET", target, headers={"Connection": "close"})
        return line.getresponse().status
    except OSError:
        return None
    finally:
        line.close()


@contextmanager
def serving(folder, *options, path, **settings):
    """A server that is up, on a Unix socket or whatever leads there."""
    pass_fds = settings.pop("pass_fds", ())
    command = settings.pop("command", [sys.executable, "-m", "hubbub", "serve"])
    output = Path(folder) / "output.txt"
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env=environment({"HUBBUB_DATA": str(Path(folder) / "data"), **settings}),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while ask(path) is None:
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.05)
        yield process, output
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture
def folder():
    with TemporaryDirectory(prefix="hub-") as folder:
        yield folder


@pytest.fixture
def path(folder):
    return str(Path(folder) / "sock")


def enter(path, *forwarded):
    """A socket to a counter, as a proxy opens it for a client: the connection, or a status."""
    headers = [("X-Forwarded-For", address) for address in forwarded]
    return unix_connect(path, "ws://localhost/ws/counter/", additional_headers=headers)


def test_a_unix_socket_serves_both_and_its_proxy_is_believed(folder, path):
    with serving(folder, "--uds", path, path=path, **LIMITED) as (process, output):
        lines = output.read_text().splitlines()
        assert lines[:2] == [
            f"Hubbub {__version__} on {path}",
            "  chat           /ws/chat/general/",
        ]
        assert f"server_started version={__version__} host={path}\n" in output.read_text()
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o666
        with enter(path, "192.0.2.1") as first, enter(path, "192.0.2.2") as second:
            for client in (first, second):
                assert json.loads(client.recv(10))["type"] == "counter_update"
            # Whatever a client wrote in front of it: the last is the proxy's own word.
            with pytest.raises(Exception, match="429"):
                enter(path, "203.0.113.9, 192.0.2.1")
            with enter(path, "192.0.2.1, 192.0.2.3") as third:
                assert json.loads(third.recv(10))["type"] == "counter_update"
            process.send_signal(signal.SIGHUP)
            with pytest.raises(ConnectionClosedError):
                deque(iter(first.recv, None))
            assert first.close_code == 1012
        assert process.wait(15) == 0
    assert not Path(path).exists()


def test_over_http_it_is_believed_too(folder, path):
    with serving(folder, "--uds", path, path=path, HUBBUB_RATE_LIMIT="1/h"):
        statuses = []
        for address in ("192.0.2.1", "192.0.2.2", "203.0.113.9, 192.0.2.1"):
            line = Line(path)
            headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
            line.request("POST", "/api/counter/global/", '{"action":"increment"}', headers)
            statuses.append(line.getresponse().status)
            line.close()
    assert statuses == [200, 200, 429]


def test_uvicorn_by_hand_believes_it_too(folder, path):
    command = [sys.executable, "-m", "uvicorn", "hubbub.asgi:application"]
    command += ["--ws", "hubbub.server.protocol:WebSocket", "--http", "hubbub.server.http:HTTP"]
    with (
        serving(folder, "--uds", path, path=path, command=command, **LIMITED),
        subprocess_tables(folder),
        enter(path, "192.0.2.1"),
        enter(path, "192.0.2.2"),
        pytest.raises(Exception, match="429"),
    ):
        enter(path, "203.0.113.9, 192.0.2.1")


@contextmanager
def subprocess_tables(folder):
    """Have the site's tables made."""
    data = {"HUBBUB_DATA": str(Path(folder) / "data")}
    command = [sys.executable, "-m", "hubbub", "manage", "migrate", "-v", "0"]
    subprocess.run(command, cwd=ROOT, env=environment(data), check=True, timeout=60)
    yield


def test_a_descriptor_is_listened_on(folder, path):
    with socket.socket(socket.AF_UNIX) as given:
        given.bind(path)
        number = given.fileno()
        with serving(folder, "--fd", str(number), path=path, pass_fds=(number,)):
            assert ask(path) == 200
    assert Path(path).exists(), "it is not ours to remove"


#: Starts what follows as systemd does: with the socket as descriptor 3, and its own number.
SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.executable, [sys.executable, "-m", "hubbub", "serve"])
"""


def test_what_systemd_hands_over_is_listened_on(folder, path):
    with socket.socket(socket.AF_UNIX) as given:
        given.bind(path)
        given.listen(8)
        number = os.dup(given.fileno())
        command = [sys.executable, "-c", SYSTEMD, str(number)]
        with serving(folder, path=path, command=command, pass_fds=(number,)) as (_, output):
            assert f" on {path}\n" in output.read_text()
        os.close(number)


@pytest.fixture(scope="module")
def rooted():
    with start_server("--root-path", "/app/") as server:
        yield server


@pytest.mark.parametrize("prefix", ["/app", ""])
def test_under_a_root_path_everything_is_there_whether_a_proxy_keeps_it_or_not(rooted, prefix):
    with connect(f"{rooted.ws}{prefix}/ws/counter/") as client:
        assert json.loads(client.recv(10))["type"] == "counter_update"
    assert call(f"{rooted.url}{prefix}/api/counter/global/").status == 200
    for path in ("/", "/login/", "/healthz", "/static/hubbub/page.css", "/static/hubbub/link.js"):
        assert opener.open(f"{rooted.url}{prefix}{path}", timeout=10).status == 200, path


def test_under_a_root_path_what_is_shown_leads_there(rooted):
    assert f" on http://localhost:{rooted.port}/app/\n" in rooted.output()
    page = opener.open(f"{rooted.url}/app/", timeout=10).read().decode()
    assert "/app/static/hubbub/" in page
    assert '"/static/' not in page
    answer = opener.open(f"{rooted.url}/app/favicon.ico", timeout=10)
    assert answer.url == f"{rooted.url}/app/static/hubbub/icon.svg"
