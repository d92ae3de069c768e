"""The address that a server listens on."""

import errno
import socket

import pytest

from hubbub import listening
from hubbub.project import UsageError


@pytest.fixture
def failing(monkeypatch):
    """Make listening fail with an error number."""

    def fail(number):
        def bind(*_):
            raise OSError(number, "it failed")

        monkeypatch.setattr(socket.socket, "bind", bind)

    return fail


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EADDRINUSE, "another program listens there already"),
        (errno.EACCES, "this user may not listen there"),
        (errno.EADDRNOTAVAIL, "no address of this machine"),
        (errno.ENOBUFS, "No buffer space available"),
    ],
)
def test_why_nobody_can_listen_there(failing, number, sentence):
    failing(number)
    with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1 port 80: {sentence}"):
        listening.claim("127.0.0.1", 80)


def test_zero_takes_a_free_port():
    assert 0 < listening.claim("127.0.0.1", 0) < 65536


def test_the_port_is_free_again_after_the_claim():
    port = listening.claim("127.0.0.1", 0)
    assert listening.claim("127.0.0.1", port) == port


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("127.0.0.1", "localhost:8000"),
        ("::1", "localhost:8000"),
        ("192.0.2.7", "192.0.2.7:8000"),
        ("fe80::1", "[fe80::1]:8000"),
    ],
)
def test_the_address_is_told_as_a_browser_takes_it(host, place, capsys):
    listening.greet(host, 8000)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(f" on http://{place}/")
    assert lines[3].endswith(f"ws://{place}/ws/counter/")


def test_one_socket_that_was_handed_over_is_told_as_its_address(capsys):
    with listening.open_port("127.0.0.1", 0) as listener:
        listening.greet_sockets([listener], "/app")
        port = listener.getsockname()[1]
    assert f" on http://localhost:{port}/app/\n" in capsys.readouterr().out


def test_the_sockets_of_a_projects_own_kinds_are_told_after_ours(capsys):
    listening.greet("127.0.0.1", 8000)
    lines = capsys.readouterr().out.splitlines()
    assert "  game           ws://localhost:8000/ws/games/<name>/" in lines[4:-2]
    assert lines[-3] == "  all of these   ws://localhost:8000/ws/"
    assert lines[-2].startswith("  served ")
