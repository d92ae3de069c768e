"""Commits that follow each other at once are told together, after one look at their file."""

from threading import Semaphore

import pytest

from hubbub.errors import InvalidFormatError, OverloadedError
from hubbub.fanout.hub import local_hub
from hubbub.journal import commit as commits
from hubbub.journal import writer as writers
from hubbub.journal.entry import Stored
from hubbub.journal.writer import Writer
from tests.journal.entries import write
from tests.journal.members import until
from tests.names import new_name

pytestmark = pytest.mark.django_db(transaction=True)


class Desk:
    """A writer whose commits the test lets through one by one, and what happened in which order."""

    def __init__(self) -> None:
        self.happened: list[object] = []
        self.answers: list[object] = []
        self.begun = 0
        self.lost = False
        self.gate = Semaphore(0)
        self.pad = new_name()
        self.writer = Writer(lambda fresh: self.happened.append([one.seq for one in fresh]))

    def look(self, _wrapper) -> bool:
        self.happened.append("look")
        return self.lost

    async def waiting(self, text: str) -> None:
        """Submit a message; return when its commit is under way."""
        begun = self.begun
        self.writer.submit(write(self.pad, text), self.answers.append, local_hub().loop)
        await until(lambda: self.begun > begun)

    async def queue_up(self, *texts: str) -> None:
        """Have each message wait while the commit of the one before it is under way."""
        await self.waiting(texts[0])
        for text in texts[1:]:
            self.writer.submit(write(self.pad, text), self.answers.append, local_hub().loop)
            await until(lambda: not self.writer._queue.empty())
            begun = self.begun
            self.gate.release()
            await until(lambda begun=begun: self.begun > begun)

    async def answered(self, number: int) -> list[object]:
        await until(lambda: len(self.answers) >= number)
        return self.answers


@pytest.fixture
def desk(monkeypatch):
    desk = Desk()
    commit_once = commits.commit_once

    def gated(entries, *, look):
        desk.begun += 1
        assert desk.gate.acquire(timeout=20)
        return commit_once(entries, look=look)

    monkeypatch.setattr(commits, "commit_once", gated)
    monkeypatch.setattr(writers, "is_lost", desk.look)
    monkeypatch.setattr(writers, "IDLE", 20)
    yield desk
    desk.gate.release(1000)
    desk.writer.stop()


async def test_one_commit_is_told_at_once_where_nothing_waits(desk):
    await desk.waiting("a")
    desk.gate.release()
    await desk.answered(1)
    assert desk.happened == ["look", [1]]


async def test_commits_that_follow_each_other_are_told_after_one_look(desk):
    await desk.queue_up("a", "b", "c")
    assert desk.answers == []
    desk.gate.release()
    assert [one.seq for one in await desk.answered(3)] == [1, 2, 3]
    assert desk.happened == ["look", [1, 2, 3]]


async def test_no_more_than_a_few_commits_wait_to_be_told(desk):
    texts = [str(number) for number in range(writers.TOGETHER + 1)]
    await desk.queue_up(*texts)
    assert len(await desk.answered(writers.TOGETHER)) == writers.TOGETHER
    desk.gate.release()
    await desk.answered(len(texts))
    assert desk.happened == ["look", [*range(1, len(texts))], "look", [len(texts)]]


async def test_no_more_than_a_commit_s_entries_wait_to_be_told(desk, monkeypatch):
    monkeypatch.setattr(writers, "BATCH", 1)
    await desk.queue_up("a", "b")
    assert len(await desk.answered(1)) == 1


async def test_all_that_went_into_a_lost_file_is_overloaded_and_told_to_nobody(desk):
    await desk.queue_up("a", "b", "c")
    desk.lost = True
    desk.gate.release()
    assert all(isinstance(one, OverloadedError) for one in await desk.answered(3))
    assert desk.happened == ["look", []]
    assert desk.writer.failing


async def test_what_was_stored_is_told_before_what_failed_after_it(desk, monkeypatch):
    await desk.queue_up("a", "b")

    def away(entries, *, look):
        raise commits.OperationalError("disk I/O error")

    await until(lambda: desk.begun == 2)
    monkeypatch.setattr(commits, "commit_once", away)
    desk.writer.submit(write(desk.pad, "c"), desk.answers.append, local_hub().loop)
    await until(lambda: not desk.writer._queue.empty())
    desk.gate.release()
    first, second, third = await desk.answered(3)
    assert (first.seq, second.seq) == (1, 2)
    assert isinstance(third, OverloadedError)
    assert desk.writer.failing


async def test_what_was_stored_is_told_before_its_connection_is_closed_for_a_refusal(
    desk, refusing
):
    await desk.queue_up("a", refusing)
    desk.gate.release(1000)
    first, second = await desk.answered(2)
    assert first.seq == 1
    assert isinstance(second, InvalidFormatError)
    assert desk.happened[:2] == ["look", [1]]


async def test_all_that_waits_to_be_told_is_told_at_the_end(desk):
    await desk.queue_up("a", "b")
    desk.writer._queue.put(None)
    desk.gate.release(1000)
    answers = await desk.answered(2)
    assert all(isinstance(one, Stored) for one in answers)
    desk.writer.stop()
