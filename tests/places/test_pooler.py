"""Behind pgbouncer in its transaction mode, each transaction has another session of PostgreSQL."""

import time
from contextlib import ExitStack

import psycopg
import pytest

from hubbub.journal.tune import LOCK_SECONDS
from tests.http.calls import call
from tests.journal import postgresql
from tests.places.pgbouncer import before, needs_pgbouncer
from tests.places.projects import Project, hear, post, said

pytestmark = needs_pgbouncer

SETTINGS = """
import dj_database_url
DATABASES["default"] = dict(dj_database_url.parse({url!r})) | {{"CONN_MAX_AGE": 60}}
DATABASES["direct"] = dict(dj_database_url.parse({direct!r}))
"""
SECONDS = 30


@pytest.fixture(scope="module")
def direct():
    with postgresql.url() as url, postgresql.new_database(url) as database:
        yield database


@pytest.fixture(scope="module")
def pooled(direct):
    with before(direct) as url:
        yield url


@pytest.fixture(scope="module")
def project(tmp_path_factory, direct, pooled):
    settings = SETTINGS.format(url=pooled, direct=direct)
    made = Project(tmp_path_factory.mktemp("pooled"), settings=settings)
    made.manage("migrate")
    return made


@pytest.fixture
def set_listen(project):
    """The project's settings with HUBBUB_LISTEN."""
    settings = project.folder / "shop.py"
    text = settings.read_text()

    def write(where):
        settings.write_text(f"{text}\nHUBBUB_LISTEN = {where!r}\n")

    yield write
    settings.write_text(text)


def store_elsewhere(project, room, text):
    """By another process; returns how long the socket that is there took to hear of it."""
    project.shell(f"from hubbub.chat.services import post; post(room={room!r}, message={text!r})")


def until(server, part):
    deadline = time.monotonic() + SECONDS
    while part not in server.output():
        assert time.monotonic() < deadline, server.output()
        time.sleep(0.02)


def gaps(server, project, room, direct):
    """Seconds from a commit of another process until a socket hears of it, some times."""
    found = []
    with hear(server, f"/ws/chat/{room}/") as socket, psycopg.connect(direct) as other:
        post(server, room, "first")
        said(socket)
        for number in range(2, 5):
            other.execute(
                "INSERT INTO hubbub_chat_message (name, seq, message, username, sender, timestamp,"
                " created, deleted) VALUES (%s, %s, 'hi', 'x', '', '', now(), false)",
                [room, number],
            )
            other.execute(
                "UPDATE hubbub_stream SET last_seq = %s WHERE name = %s", [number, f"chat:{room}"]
            )
            other.execute("SELECT pg_notify('hubbub', 'another')")
            other.commit()
            began = time.monotonic()
            assert said(socket)["seq"] == number
            found.append(time.monotonic() - began)
    return found


def test_what_others_store_is_told_in_time_and_the_log_says_what_is_the_matter(project, direct):
    with project.serve() as server, hear(server, "/ws/counter/"):
        until(server, "notices_unheard")
        assert "HUBBUB_LISTEN" in server.output()
        # Twice a second, and not once in five.
        assert max(gaps(server, project, "unheard", direct)) < 4
        with hear(server, "/ws/chat/command/") as socket:
            store_elsewhere(project, "command", "hello")
            assert said(socket)["message"] == "hello"
        assert server.output().count("notices_unheard") == 1


@pytest.mark.parametrize("by", ["alias", "address"])
def test_a_direct_address_is_listened_at(project, direct, set_listen, by):
    set_listen({"alias": "direct", "address": direct}[by])
    with project.serve() as server, hear(server, "/ws/counter/"):
        assert min(gaps(server, project, f"heard-{by}", direct)) < 0.4
        assert "notices_unheard" not in server.output()


def test_an_alias_that_is_none_is_told_by_a_check(project, set_listen):
    set_listen("nowhere")
    done = project.manage("check", check=False)
    assert done.returncode == 1
    assert "(hubbub.E006) HUBBUB_LISTEN" in done.stderr


def test_other_clients_of_the_pool_get_their_sessions_as_they_were(project, pooled):
    with project.serve() as server:
        for number in range(20):
            post(server, f"leak-{number % 3}", "hello")
        call(f"{server.url}/api/counter/c/", {"action": "increment"})
        for _ in range(10):
            with psycopg.connect(pooled) as other:
                assert other.execute("SHOW lock_timeout").fetchone()[0] == "0"


def test_the_writer_still_waits_for_a_lock_no_longer_than_it_may(project, direct):
    with project.serve() as server:
        post(server, "locked", "hello")
        with psycopg.connect(direct) as other:
            other.execute("SELECT * FROM hubbub_stream WHERE name = 'chat:locked' FOR UPDATE")
            body = {"message": "again", "username": "zoe"}
            began = time.monotonic()
            answer = call(f"{server.url}/api/chat/locked/messages/", body)
            assert answer.status == 503
            assert time.monotonic() - began >= LOCK_SECONDS
        post(server, "locked", "at last")


def test_many_rooms_at_once_take_many_sessions_and_nothing_is_lost(project):
    with project.serve() as server, ExitStack() as undo:
        rooms = [f"many-{number}" for number in range(8)]
        sockets = [undo.enter_context(hear(server, f"/ws/chat/{room}/?since=0")) for room in rooms]
        for text in ("one", "two", "three"):
            for room in rooms:
                post(server, room, text)
        for socket in sockets:
            heard = []
            while len(heard) < 3:
                frame = said(socket)
                if frame["type"] == "chat_message":
                    heard.append(frame["message"])
            assert heard == ["one", "two", "three"]
