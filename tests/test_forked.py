"""A fork waits until no thread of ours uses the database: its child could open no SQLite file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from threading import Event, Thread

import pytest

from hubbub import forked
from hubbub.crossing import in_database
from hubbub.forked import go_on, stop_work, work
from hubbub.journal import commit as commits
from hubbub.journal.append import append
from hubbub.journal.process import writer
from tests.journal.entries import write
from tests.names import new_name

DEADLINE = 60


class Worker:
    """A thread that is at work until it may rest, and begins again when it is asked to."""

    def __init__(self):
        self.at_work, self.may_rest, self.rests, self.again = (Event() for _ in range(4))
        self.done: list[str] = []
        self.thread = Thread(target=self.run)
        self.thread.start()
        assert self.at_work.wait(DEADLINE)

    def run(self):
        self.lock = work.lock
        with work.lock:
            self.at_work.set()
            self.may_rest.wait(DEADLINE)
        self.rests.set()
        self.again.wait(DEADLINE)
        with work.lock:
            self.done.append("worked")


def test_a_fork_waits_for_those_who_use_the_database(monkeypatch):
    monkeypatch.setattr(forked, "PATIENCE", 0.01)
    worker = Worker()
    stop_work()
    assert worker.lock not in work.stopped, "and not for ever"
    go_on()
    worker.may_rest.set()
    assert worker.rests.wait(DEADLINE)
    monkeypatch.setattr(forked, "PATIENCE", DEADLINE)
    stop_work()
    assert worker.lock in work.stopped
    worker.again.set()
    worker.done.append("forked")
    go_on()
    worker.thread.join(DEADLINE)
    assert worker.done == ["forked", "worked"]
    assert work.stopped == []


def fork_beside():
    """In a child: another thread than that which forked it forks too, while that one is at work."""
    kept = work.lock
    with kept, ThreadPoolExecutor(1) as threads:
        assert threads.submit(waits_for, kept).result(DEADLINE)


def waits_for(lock):
    """Whether a fork of this thread waits for another one's lock."""
    forked.PATIENCE = 0.01
    stop_work()
    left, known = set(forked._locks) - set(work.stopped), set(forked._locks)
    go_on()
    assert known == {lock, work.lock}, "of the parent's others nobody would give one up"
    return left == {lock}


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_knows_its_own_thread_as_one_that_may_be_at_work_and_none_of_its_parents(
    monkeypatch, caplog
):
    """And its parent says once that it did not wait for them."""
    monkeypatch.setattr(forked, "PATIENCE", 0.01)
    worker = Worker()
    child = get_context("fork").Process(target=fork_beside)
    child.start()
    worker.may_rest.set()
    worker.again.set()
    child.join(DEADLINE)
    worker.thread.join(DEADLINE)
    assert child.exitcode == 0
    assert "forked_at_work threads=1" in caplog.messages
    again = get_context("fork").Process(target=nothing)
    again.start()
    again.join(DEADLINE)
    assert again.exitcode == 0
    assert len([line for line in caplog.messages if "forked_at_work" in line]) == 1


def nothing():
    """What a child does that is only begun."""


def is_at_work():
    return work.lock._is_owned()


async def test_who_asks_the_database_off_the_loop_is_at_work():
    assert await in_database(is_at_work)


@pytest.mark.django_db(transaction=True)
async def test_the_writer_is_at_work_while_it_stores(monkeypatch):
    seen, commit_once = [], commits.commit_once

    def watched(entries, *, look):
        seen.append(is_at_work())
        return commit_once(entries, look=look)

    monkeypatch.setattr(commits, "commit_once", watched)
    await append(write(new_name(), "hello"))
    writer.stop()
    assert seen == [True]
