"""On PostgreSQL: what a database can change again there, and what only several writers show.

The rooms, counters and inboxes of a real server are tried there over its sockets, as on SQLite.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from django.db import connection, connections, transaction

from hubbub.crossing import in_database
from hubbub.errors import InvalidFormatError, OverloadedError
from hubbub.journal import commit as commits
from hubbub.journal import tune
from hubbub.journal.append import append, append_now
from hubbub.journal.commit import commit
from hubbub.journal.process import writer
from hubbub.journal.store import store
from hubbub.journal.tune import close_tuned, store_nothing
from tests.journal import postgresql
from tests.journal.entries import add, put, texts, write
from tests.names import new_name

DEADLINE = 60

there = pytest.mark.skipif(not postgresql.given(), reason="needs PostgreSQL: make test-postgresql")


def commit_apart(entries):
    """As the writer stores, on this thread, whose connection goes back to the pool."""
    try:
        return commit(entries)
    finally:
        close_tuned(connection)


def wait_until_wait(transactions):
    """Return when so many transactions wait for a lock of another."""
    deadline = time.monotonic() + DEADLINE
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] == transactions:
                return
            time.sleep(0.01)
    raise AssertionError("they do not wait")


def hold_until_two_wait(pad, held):
    """Store in a pad, and commit that when two transactions wait for a lock of another."""
    try:
        with transaction.atomic():
            store(connection, [write(pad, "theirs")])
            held.set()
            wait_until_wait(2)
    finally:
        connections.close_all()


def wait_longer_in_a_ring(seconds):
    """Have the open transaction look for a ring so late that its other side is ended before."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL deadlock_timeout = '{seconds}s'")


def lock_timeouts():
    """What the connections that wait in the pool have been told."""
    pool = connection.pool
    idle = [pool.getconn() for _ in range(pool.get_stats()["pool_available"])]
    try:
        return {one.execute("SHOW lock_timeout").fetchone()[0] for one in idle}
    finally:
        for one in idle:
            pool.putconn(one)


@there
@pytest.mark.django_db(transaction=True)
class TestTwoWriters:
    def test_never_wait_for_each_other_in_a_ring(self):
        pads, purses = [new_name() for _ in range(4)], [new_name() for _ in range(4)]
        entries = [write(pad, "hello") for pad in pads] + [add(purse, 1) for purse in purses]
        start = Barrier(2)

        def put_all(order):
            try:
                start.wait(10)
                for _ in range(60):
                    put(order)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(put_all, [entries, entries[::-1]]))
        for pad in pads:
            assert [seq for seq, _ in texts(pad)] == list(range(1, 121))

    def test_wait_for_each_other_so_that_the_order_of_commits_is_that_of_the_numbers(self):
        pad, begun = new_name(), Barrier(2)

        def write_later():
            try:
                begun.wait(10)
                return put([write(pad, "second")])[0].seq
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as threads:
            with transaction.atomic():
                store(connection, [write(pad, "first")])
                later = threads.submit(write_later)
                begun.wait(10)
            assert later.result(10) == 2
        assert texts(pad) == [(1, "first"), (2, "second")]

    def test_one_that_stores_in_no_order_makes_the_other_try_again_and_loses_nothing(
        self, monkeypatch
    ):
        """A ring: one holds the last pad and wants the first, the writer the other way round.

        PostgreSQL looks once in each wait, a second after it has begun. The writer's begins when
        the ring is there: a third transaction kept it from the last pad until the one waited. Then
        it tries again after a pause, which is here as long as the other needs it.
        """
        freed, pauses = Event(), []
        monkeypatch.setattr(
            commits, "sleep", lambda seconds: pauses.append((seconds, freed.wait(DEADLINE)))
        )
        monkeypatch.setattr(tune, "PATIENCE", f"SET LOCAL lock_timeout = '{DEADLINE}s'")
        pads = first, middle, last = sorted(new_name() for _ in range(3))
        held = Event()
        put([write(pad, "begun") for pad in pads])
        with ThreadPoolExecutor(2) as threads:
            with transaction.atomic():
                wait_longer_in_a_ring(DEADLINE)
                append_now([write(last, "mine")])
                holding = threads.submit(hold_until_two_wait, middle, held)
                assert held.wait(DEADLINE)
                writing = threads.submit(commit_apart, [write(pad, "yours") for pad in pads])
                wait_until_wait(1)
                append_now([write(first, "mine")])
                freed.set()
            outcomes = writing.result(DEADLINE)
            holding.result(DEADLINE)
        assert pauses == [(commits.FREED_IN, True)]
        assert [outcome.seq for outcome in outcomes] == [3, 3, 3]
        assert texts(first) == texts(last) == [(1, "begun"), (2, "mine"), (3, "yours")]
        assert texts(middle) == [(1, "begun"), (2, "theirs"), (3, "yours")]

    def test_one_that_holds_a_stream_too_long_leaves_the_other_overloaded_not_stuck(self):
        pad = new_name()
        with ThreadPoolExecutor(1) as threads:
            with transaction.atomic():
                store(connection, [write(pad, "first")])
                (outcome,) = threads.submit(commit_apart, [write(pad, "later")]).result(30)
                assert isinstance(outcome, OverloadedError)
            (outcome,) = threads.submit(commit_apart, [write(pad, "later")]).result(30)
        assert outcome.seq == 2


@there
@pytest.mark.django_db(transaction=True)
async def test_the_writers_connection_goes_back_to_the_pool_as_it_came(refusing):
    """Else a request that waits for a lock would fail after the writer's two seconds."""
    await in_database(connection.close_pool)  # with what other tests left in it
    await append(write(new_name(), "hello"))
    with pytest.raises(InvalidFormatError):
        await append(write(new_name(), refusing))
    assert await in_database(lock_timeouts) == {"0"}
    await append(write(new_name(), "hello"))
    await asyncio.to_thread(writer.stop)
    assert await in_database(lock_timeouts) == {"0"}


@there
@pytest.mark.parametrize("may_make_tables", [True, False])
def test_a_try_whether_something_could_be_stored_leaves_nothing(transactional_db, may_make_tables):
    append_now([write(new_name(), "a")])
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        (name,) = cursor.fetchone()
        if not may_make_tables:
            cursor.execute("CREATE ROLE hubbub_guest")
            cursor.execute(f'REVOKE TEMPORARY ON DATABASE "{name}" FROM PUBLIC')
            cursor.execute("GRANT SELECT, UPDATE ON hubbub_stream TO hubbub_guest")
            cursor.execute("SET ROLE hubbub_guest")
        try:
            store_nothing(connection)
        finally:
            cursor.execute("RESET ROLE")
            if not may_make_tables:
                cursor.execute(f'GRANT TEMPORARY ON DATABASE "{name}" TO PUBLIC')
                cursor.execute("DROP OWNED BY hubbub_guest")
                cursor.execute("DROP ROLE hubbub_guest")
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'hubbub_room'")
        assert cursor.fetchone() == (0,)
