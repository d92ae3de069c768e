"""Noticing what somebody else wrote: another connection, on SQLite and on PostgreSQL."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from hubbub.journal import watch as watches
from hubbub.journal.store import store
from hubbub.journal.watch import Watch, read_version
from tests.journal.entries import put, write
from tests.names import new_name

pytestmark = pytest.mark.django_db(transaction=True)
DEADLINE = 5.0


@pytest.fixture
def woken():
    return []


class Name(str):
    """The process's name in its announcements, which notes those that it is compared with."""

    __slots__ = ("heard",)

    def __ne__(self, other):
        self.heard.append(str(other))
        return str(self) != str(other)

    def __hash__(self):
        return super().__hash__()


@pytest.fixture
def made(monkeypatch, woken):
    """One that has not begun; to make it names the process."""
    monkeypatch.setattr(watches, "PROCESS", "")
    return Watch(lambda: woken.append(1))


@pytest.fixture
def heard(monkeypatch, made):
    """Whose announcements were heard, in order (PostgreSQL)."""
    name = Name("this process")
    name.heard = []
    monkeypatch.setattr(watches, "PROCESS", name)
    return name.heard


@pytest.fixture
def watch(monkeypatch, heard, made):
    monkeypatch.setattr(watches, "EVERY", 0.0)
    made.start()
    yield made
    made.stop()


def elsewhere(call) -> None:
    """Do something on another connection."""

    def work():
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(work).result(DEADLINE)


def post() -> None:
    put([write(new_name(), "hello")])


def post_as_another_process() -> None:
    """Store something, and announce it as another process would (PostgreSQL)."""
    post()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, 'another process')", (watches.CHANNEL,))


def is_woken(watch, woken) -> bool:
    """Whether it wakes within the deadline; on SQLite it has to look."""
    deadline = time.monotonic() + DEADLINE
    while not woken and time.monotonic() < deadline:
        watch.look()
        time.sleep(0.01)
    return bool(woken)


def hear(heard, name) -> None:
    """Wait until an announcement of that name was heard."""
    deadline = time.monotonic() + DEADLINE
    while name not in heard:
        assert time.monotonic() < deadline, heard
        time.sleep(0.01)


def test_another_connections_commit_wakes(watch, woken):
    is_woken(watch, woken)
    woken.clear()
    elsewhere(post_as_another_process)
    assert is_woken(watch, woken)


def roll_back() -> None:
    with transaction.atomic():
        store(connection, [write(new_name(), "hello")])
        transaction.set_rollback(True)


def test_it_wakes_once_at_the_beginning_since_somebody_may_have_written_before(watch, woken):
    assert is_woken(watch, woken)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's own way")
class TestOnSQLite:
    def test_the_version_moves_for_other_connections_commits_only(self):
        before = read_version(connection)
        post()
        assert read_version(connection) == before
        elsewhere(post)
        assert read_version(connection) != before

    def test_what_was_not_committed_wakes_nobody(self, watch, woken):
        watch.look()
        woken.clear()
        elsewhere(roll_back)
        watch.look()
        assert not woken

    def test_ones_own_commit_wakes_nobody(self, watch, woken):
        watch.look()
        woken.clear()
        post()
        watch.look()
        assert not woken

    def test_what_is_written_while_the_connection_is_closed_is_noticed(self, watch, woken):
        watch.look()
        woken.clear()
        connection.close()
        elsewhere(post)
        watch.look()
        assert woken

    def test_looking_too_often_costs_nothing(self, monkeypatch, watch):
        watch.look()
        monkeypatch.setattr(watches, "EVERY", 60.0)
        monkeypatch.setattr(watches, "read_version", lambda _: pytest.fail("asked again"))
        watch.look()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL's own way")
class TestOnPostgreSQL:
    def test_a_listener_that_is_cut_off_listens_again_and_looks_at_what_it_missed(
        self, monkeypatch, watch, woken
    ):
        monkeypatch.setattr(watches, "PAUSE", 0.1)
        assert is_woken(watch, woken)
        woken.clear()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            )
            assert cursor.rowcount >= 1
        assert is_woken(watch, woken)
        woken.clear()
        elsewhere(post_as_another_process)
        assert is_woken(watch, woken)

    def test_what_was_not_committed_is_not_announced(self, watch, woken, heard):
        assert is_woken(watch, woken)
        elsewhere(roll_back)
        elsewhere(post_as_another_process)
        hear(heard, "another process")
        assert heard == ["this process", "this process", "another process"]

    def test_what_the_process_stores_itself_wakes_it_not(self, watch, woken, heard):
        assert is_woken(watch, woken)
        woken.clear()
        post()
        post_as_another_process()
        hear(heard, "another process")
        assert is_woken(watch, woken)
        assert (len(heard), len(woken)) == (4, 1)

    def test_where_no_notice_comes_it_wakes_often_and_says_so_until_one_does(
        self, monkeypatch, caplog, made, woken
    ):
        monkeypatch.setattr(watches, "HEARD_IN", 0.0)
        monkeypatch.setattr(watches, "UNHEARD_EVERY", 0.0)
        monkeypatch.setattr(watches, "announce_alone", lambda _: None)
        caplog.set_level("WARNING", logger="hubbub.journal")
        made.start()
        deadline = time.monotonic() + DEADLINE
        while len(woken) < 4:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        elsewhere(post_as_another_process)
        while len(caplog.messages) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        made.stop()
        assert [one.split()[0] for one in caplog.messages] == ["notices_unheard", "notices_heard"]
        assert "HUBBUB_LISTEN" in caplog.text

    def test_stopping_ends_the_thread(self, watch, woken):
        assert is_woken(watch, woken)
        thread = watch._thread
        watch.stop()
        thread.join(DEADLINE)
        assert not thread.is_alive()
