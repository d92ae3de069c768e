"""Sockets beside a port: where a Unix socket may lie, and what may be handed over."""

import os
import socket
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hubbub import listeners
from hubbub.listeners import FIRST, adopt, handed_over, opened, unix_socket
from hubbub.project import UsageError


@pytest.fixture
def path():
    """In a folder with a short name: a Unix socket's path has 108 bytes at most."""
    with TemporaryDirectory(prefix="hub-") as folder:
        yield str(Path(folder) / "sock")


def listening(path):
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
        except OSError:
            return False
        return True


def test_a_unix_socket_is_there_for_all_and_gone_afterwards(path):
    with unix_socket(path):
        assert listening(path)
        found = Path(path).stat().st_mode
        assert stat.S_ISSOCK(found)
        assert stat.S_IMODE(found) == 0o666
    assert not Path(path).exists()


def test_what_a_dead_server_left_is_replaced(path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    assert Path(path).exists()
    with unix_socket(path):
        assert listening(path)


@pytest.mark.parametrize("backlog", [0, 8])
def test_a_server_that_lives_is_left_alone(path, backlog, monkeypatch):
    monkeypatch.setattr(listeners, "PATIENCE", 0.05)
    with socket.socket(socket.AF_UNIX) as other, socket.socket(socket.AF_UNIX) as waits:
        other.bind(path)
        other.listen(backlog)
        if not backlog:
            waits.connect(path)
        with pytest.raises(UsageError, match="another program listens there already"):
            unix_socket(path).__enter__()
        assert Path(path).exists()


def test_a_file_is_left_alone(path):
    Path(path).write_text("precious")
    with pytest.raises(UsageError, match="something is there that is no socket"):
        unix_socket(path).__enter__()
    assert Path(path).read_text() == "precious"


@pytest.mark.parametrize("bad", ["nowhere/sock", "x" * 200])
def test_a_place_that_cannot_be_is_told(path, bad):
    with pytest.raises(UsageError, match="cannot listen there"):
        unix_socket(str(Path(path).parent / bad)).__enter__()


def test_the_place_of_another_server_is_not_taken_from_it(path):
    with unix_socket(path):
        Path(path).unlink()
        other = socket.socket(socket.AF_UNIX)
        other.bind(path)
    assert Path(path).exists()
    other.close()


@pytest.fixture
def handing(monkeypatch):
    """Say what systemd says."""

    def say(number, process=None):
        monkeypatch.setenv("LISTEN_PID", str(os.getpid() if process is None else process))
        monkeypatch.setenv("LISTEN_FDS", number)
        monkeypatch.setenv("LISTEN_FDNAMES", "web")

    return say


def test_what_systemd_hands_over_is_taken_once(handing):
    handing("2")
    assert list(handed_over()) == [FIRST, FIRST + 1]
    assert not {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} & os.environ.keys()
    assert list(handed_over()) == []


@pytest.mark.parametrize(("number", "process"), [("1", 1), ("", None), ("x", None), ("-1", None)])
def test_what_is_meant_for_another_process_is_not(handing, number, process):
    handing(number, process)
    assert list(handed_over()) == []


def test_a_socket_of_any_kind_is_adopted(path):
    for family, place in ((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_UNIX, path)):
        with socket.socket(family) as given:
            given.bind(place)
            with adopt(os.dup(given.fileno())) as listener:
                assert listener.family == family
                assert listener.getsockname() == given.getsockname()
                assert not listener.get_inheritable()


def test_what_is_no_listener_is_told(tmp_path):
    with (tmp_path / "file").open("w") as file:
        for descriptor in (file.fileno(), 9999):
            with pytest.raises(UsageError, match=f"cannot listen on descriptor {descriptor}"):
                adopt(descriptor)


def test_without_a_wish_there_are_none():
    with opened(None, None) as sockets:
        assert sockets == []
