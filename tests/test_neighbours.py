"""Several processes that serve one database, with no bus between them."""

import os
import sys
from contextlib import ExitStack

import pytest

from hubbub import neighbours
from tests.projects import migrate, new_project
from tests.servers import free_port, start_process, start_server

SAID = "processes_apart hint="


@pytest.fixture
def seats(tmp_path, monkeypatch):
    """A database's two seats, as processes take them."""
    monkeypatch.setattr(neighbours, "_held", [])
    return [tmp_path / "first.lock", tmp_path / "second.lock"]


def test_a_seat_is_one_process_s_until_it_ends(seats):
    first = neighbours.lock(seats[0])
    assert neighbours.lock(seats[0]) is None
    os.close(first)
    again = neighbours.lock(seats[0])
    assert again is not None
    os.close(again)


def test_a_seat_that_another_user_has_is_nobody_s(seats):
    seats[0].symlink_to("/dev/null")
    assert neighbours.lock(seats[0]) == -1


def test_the_second_says_it_and_the_third_does_not(tmp_path):
    with ExitStack() as stack:
        data = ("--data", str(tmp_path / "data"))
        outputs = [stack.enter_context(start_server(*data)).output() for _ in range(3)]
        assert [output.count(SAID) for output in outputs] == [0, 1, 0]


def test_two_that_serve_different_databases_are_no_neighbours(tmp_path):
    with start_server() as first, start_server() as second:
        assert SAID not in first.output() + second.output()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = new_project(tmp_path_factory.mktemp("shop"))
    migrate(folder)
    return folder


@pytest.mark.parametrize(("workers", "times"), [("1", 0), ("3", 1)])
def test_the_workers_of_a_server_say_it_once_and_at_their_start(project, workers, times):
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--port", str(port), "--workers", workers]
    with start_process([*command, "project.asgi:application"], port, cwd=project) as server:
        while server.output().count("Application startup complete") < int(workers):
            assert server.process.poll() is None
        assert server.output().count(SAID) == times


def test_commands_beside_a_server_are_no_neighbours(project):
    with start_server(cwd=project) as server:
        migrate(project)
        assert SAID not in server.output()
