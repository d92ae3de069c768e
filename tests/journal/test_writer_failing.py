"""What cannot be stored is overloaded, and the writer finds out by itself that it can be again."""

import pytest
from django.db import DatabaseError, connection

from hubbub.crossing import in_database
from hubbub.errors import OverloadedError
from hubbub.fanout.hub import local_hub
from hubbub.journal import commit as commits
from hubbub.journal import tune
from hubbub.journal import writer as writers
from hubbub.journal.append import append_now
from hubbub.journal.writer import Writer
from tests.journal.entries import texts, write
from tests.journal.members import until
from tests.names import new_name

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk():
    """A writer, what it told the bus, and its answers."""

    class Desk:
        rung, answers = [], []
        writer = Writer(rung.extend)

        async def stored(self, *entries):
            """Whether each was stored."""
            before = len(self.answers)
            for entry in entries:
                self.writer.submit(entry, self.answers.append, local_hub().loop)
            await until(lambda: len(self.answers) == before + len(entries))
            answers = self.answers[before:]
            return [not isinstance(answer, OverloadedError) for answer in answers]

    desk = Desk()
    yield desk
    desk.writer.stop()


def once(answer, other):
    """A function that says one thing, and then another."""
    answers = iter([answer])
    return lambda *_: next(answers, other)


async def test_what_went_into_a_file_that_is_lost_is_told_to_nobody(desk, monkeypatch):
    pad = new_name()
    assert await desk.stored(write(pad, "before")) == [True]
    monkeypatch.setattr(writers, "is_lost", once(True, False))
    assert await desk.stored(write(pad, "a"), write(pad, "b")) == [False, False]
    assert desk.writer.failing
    assert await desk.stored(write(pad, "after")) == [True]
    assert not desk.writer.failing
    assert [one.entry.body.text for one in desk.rung] == ["before", "after"]


async def test_a_file_that_is_lost_while_nothing_is_stored_is_noticed(desk, monkeypatch):
    assert await desk.stored(write(new_name(), "before")) == [True]
    monkeypatch.setattr(writers, "can_store", lambda _: False)
    monkeypatch.setattr(writers, "is_lost", lambda _: True)
    await until(lambda: desk.writer.failing)


async def test_a_writer_that_failed_tries_again_by_itself(desk, monkeypatch):
    monkeypatch.setattr(writers, "is_lost", once(True, False))
    tries = []
    can_store = tune.can_store

    def noted(wrapper):
        tries.append(desk.writer.failing)
        return len(tries) > 2 and can_store(wrapper)

    monkeypatch.setattr(writers, "can_store", noted)
    assert await desk.stored(write(new_name(), "lost")) == [False]
    await until(lambda: not desk.writer.failing)
    assert tries == [True] * 3


async def test_a_file_that_is_no_database_is_the_server_s_trouble_not_the_client_s(
    desk, monkeypatch
):
    def broken(entries, *, look):
        raise DatabaseError("file is not a database")

    monkeypatch.setattr(commits, "commit_once", broken)
    assert await desk.stored(write(new_name(), "a"), write(new_name(), "b")) == [False, False]


def test_what_sync_code_stores_in_a_lost_file_is_overloaded(monkeypatch):
    pad = new_name()
    monkeypatch.setattr("hubbub.journal.append.is_lost", lambda _: True)
    with pytest.raises(OverloadedError):
        append_now([write(pad, "lost")])


async def test_what_was_read_from_a_lost_file_is_no_answer(monkeypatch):
    monkeypatch.setattr("hubbub.crossing.is_lost", lambda _: True)
    with pytest.raises(OverloadedError):
        await in_database(texts, new_name())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's lock is one of a row")
def test_a_try_that_finds_the_disk_full_fails(monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = 1")
    try:
        assert not tune.can_store(connection)
    finally:
        connection.close()
    append_now([write(new_name(), "a")])
    assert tune.can_store(connection)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a full disk of PostgreSQL is its own")
def test_room_for_a_page_is_not_enough_after_the_disk_was_full():
    append_now([write(new_name(), "a")])
    with connection.cursor() as cursor:
        # Other tests may have left pages that are free for it.
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0] + 8}")
    try:
        assert not tune.can_store(connection)
    finally:
        connection.close()
    assert tune.can_store(connection)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        memory = cursor.fetchone()[0]
        assert "hubbub_room" not in connection.introspection.table_names(cursor)
    assert abs(memory) > tune.FEW_PAGES
