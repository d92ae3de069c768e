"""The writer: what waits while a commit is under way goes into the next, and all get answers."""

import asyncio
from threading import Event

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections

from hubbub.crossing import in_database
from hubbub.errors import IdConflictError, InvalidFormatError, OverloadedError
from hubbub.fanout.hub import local_hub
from hubbub.journal import commit as commits
from hubbub.journal import writer as writers
from hubbub.journal.entry import Stored
from hubbub.journal.tune import open_tuned
from hubbub.journal.writer import Writer
from tests.journal.entries import texts, write
from tests.journal.members import until
from tests.names import new_name

pytestmark = pytest.mark.django_db(transaction=True)


class Desk:
    """A writer, what it told the bus, how large its commits were, and its answers."""

    def __init__(self) -> None:
        self.rung: list[Stored] = []
        self.sizes: list[int] = []
        self.answers: list[object] = []
        self.may_commit = Event()
        self.may_commit.set()
        self.writer = Writer(self.rung.extend)

    def submit(self, *entries) -> None:
        for entry in entries:
            self.writer.submit(entry, self.answers.append, local_hub().loop)

    async def answered(self, number: int) -> list[object]:
        await until(lambda: len(self.answers) >= number)
        return self.answers


@pytest.fixture
def desk(monkeypatch, transactional_db):
    desk = Desk()
    commit_once = commits.commit_once

    def watched(entries, *, look):
        desk.sizes.append(len(entries))
        desk.may_commit.wait(10)
        return commit_once(entries, look=look)

    monkeypatch.setattr(commits, "commit_once", watched)
    yield desk
    desk.may_commit.set()
    desk.writer.stop()


@pytest.fixture
def pad() -> str:
    return new_name()


async def held(desk, pad, *entries):
    """Submit entries while a commit is under way."""
    desk.may_commit.clear()
    desk.submit(write(pad, "first"))
    await until(lambda: len(desk.sizes) == 1)
    desk.submit(*entries)


async def test_an_entry_is_stored_then_rung_then_answered(desk, pad):
    desk.submit(write(pad, "hello"))
    (outcome,) = await desk.answered(1)
    assert desk.rung == [outcome]
    assert await in_database(texts, pad) == [(1, "hello")]


async def test_what_waits_while_a_commit_runs_goes_into_the_next_one(desk, pad):
    await held(desk, pad, *(write(pad, f"hello {number}") for number in range(100)))
    desk.may_commit.set()
    await desk.answered(101)
    assert desk.sizes == [1, 100]
    assert [outcome.seq for outcome in desk.answers] == list(range(1, 102))


async def test_a_commit_is_bounded(desk, pad):
    total = 2 * writers.BATCH + 10
    await held(desk, pad, *(write(pad, f"hello {number}") for number in range(total)))
    desk.may_commit.set()
    await desk.answered(total + 1)
    assert desk.sizes == [1, writers.BATCH, writers.BATCH, 10]
    assert [outcome.seq for outcome in desk.answers] == list(range(1, total + 2))


async def test_entries_keep_the_order_in_which_they_were_submitted(desk):
    pads = [new_name() for _ in range(3)]
    desk.submit(*(write(pads[number % 3], str(number)) for number in range(300)))
    await desk.answered(300)
    for place, pad in enumerate(pads):
        said = [text for _, text in await in_database(texts, pad)]
        assert said == [str(number) for number in range(place, 300, 3)]


async def test_a_full_queue_is_overloaded_and_has_room_again_later(monkeypatch, desk, pad):
    monkeypatch.setattr(writers, "QUEUE", 50)
    await held(desk, pad, *(write(pad, "hello") for _ in range(49)))
    with pytest.raises(OverloadedError):
        desk.submit(write(pad, "one too many"))
    desk.may_commit.set()
    await desk.answered(50)
    while not desk.writer.is_idle():  # noqa: ASYNC110 - it counts a moment after it has answered
        await asyncio.sleep(0)
    desk.submit(write(pad, "later"))
    assert isinstance((await desk.answered(51))[-1], Stored)
    assert len(await in_database(texts, pad)) == 51


async def test_one_bad_row_fails_alone(desk, pad, refusing, caplog):
    await held(desk, pad, write(pad, "a"), write(pad, refusing), write(pad, "b"))
    desk.may_commit.set()
    answers = await desk.answered(4)
    assert "storing_refused" in caplog.text
    assert refusing not in caplog.text, "what was said is in no log"
    assert isinstance(answers[2], InvalidFormatError)
    assert [answers[index].seq for index in (0, 1, 3)] == [1, 2, 3]
    assert [one.seq for one in desk.rung] == [1, 2, 3]
    assert await in_database(texts, pad) == [(1, "first"), (2, "a"), (3, "b")]


async def test_one_bad_row_among_many_costs_a_few_transactions_more(desk, pad, refusing):
    entries = [write(pad, f"hello {number}") for number in range(256)]
    entries[100] = write(pad, refusing)
    await held(desk, pad, *entries)
    desk.may_commit.set()
    answers = (await desk.answered(257))[1:]
    assert [isinstance(answer, Stored) for answer in answers].count(False) == 1
    assert [one.seq for one in desk.rung] == list(range(1, 257))
    assert len(desk.sizes) < 30


async def test_one_conflict_fails_alone(desk, pad):
    await held(desk, pad, write(pad, "a", "id"), write(pad, "b", "id"), write(pad, "c"))
    desk.may_commit.set()
    answers = await desk.answered(4)
    assert isinstance(answers[2], IdConflictError)
    assert [answers[index].seq for index in (0, 1, 3)] == [1, 2, 3]


async def test_what_came_again_is_answered_and_not_rung_again(desk, pad):
    desk.submit(write(pad, "a", "id"))
    first = (await desk.answered(1))[0]
    desk.submit(write(pad, "a", "id"))
    again = (await desk.answered(2))[1]
    assert (again.seq, again.timestamp) == (first.seq, first.timestamp)
    assert len(desk.rung) == 1


async def test_one_that_came_again_among_new_ones_costs_these_nothing(desk, pad):
    desk.submit(write(pad, "a", "id"))
    await desk.answered(1)
    desk.submit(write(pad, "b", "x"), write(pad, "a", "id"), write(pad, "c"))
    answers = (await desk.answered(4))[1:]
    assert [(answer.seq, answer.again) for answer in answers] == [(2, False), (1, True), (3, False)]
    assert [one.seq for one in desk.rung] == [1, 2, 3]
    assert await in_database(texts, pad) == [(1, "a"), (2, "b"), (3, "c")]


async def test_an_entry_that_nobody_foresaw_harms_neither_the_others_nor_the_writer(
    monkeypatch, desk, pad
):
    commit_once = commits.commit_once

    def stumble(entries, *, look):
        if any(entry.body.text == "stumble" for entry in entries):
            raise ZeroDivisionError
        return commit_once(entries, look=look)

    monkeypatch.setattr(commits, "commit_once", stumble)
    desk.submit(write(pad, "stumble"))
    assert not isinstance((await desk.answered(1))[0], Stored)
    desk.submit(write(pad, "fine"))
    assert isinstance((await desk.answered(2))[1], Stored)


async def test_a_bus_that_raises_makes_nobody_believe_that_nothing_was_stored(pad, caplog):
    def broken_bus(_) -> None:
        raise ZeroDivisionError

    writer, answers = Writer(broken_bus, idle=lambda: 1 / 0), []
    try:
        for number in (1, 2):
            writer.submit(write(pad, "hello"), answers.append, local_hub().loop)
            await until(lambda: len(answers) == number)  # noqa: B023 - awaited at once
    finally:
        writer.stop()
    assert [answer.seq for answer in answers] == [1, 2]
    assert "storing_failed reason=ZeroDivisionError" in caplog.text


async def test_an_answer_that_raises_spoils_it_for_none(desk, pad, caplog):
    def spoil(_) -> None:
        raise ZeroDivisionError

    await held(desk, pad, write(pad, "a"))
    desk.writer.submit(write(pad, "b"), spoil, local_hub().loop)
    desk.submit(write(pad, "c"))
    desk.may_commit.set()
    await desk.answered(3)
    desk.submit(write(pad, "d"))
    await desk.answered(4)
    assert "answering_failed reason=ZeroDivisionError" in caplog.text
    assert [text for _, text in await in_database(texts, pad)] == [
        "first",
        "a",
        "b",
        "c",
        "d",
    ]


async def test_while_the_database_is_away_all_are_overloaded_and_then_it_recovers_by_itself(
    monkeypatch, desk, pad
):
    commit_once = commits.commit_once

    def away(entries, *, look):
        raise OperationalError("away")

    desk.submit(write(pad, "before"))
    await desk.answered(1)
    monkeypatch.setattr(commits, "commit_once", away)
    desk.submit(*(write(pad, "lost", f"id{number}") for number in range(5)))
    answers = (await desk.answered(6))[1:]
    assert all(isinstance(answer, OverloadedError) for answer in answers)
    monkeypatch.setattr(commits, "commit_once", commit_once)
    desk.submit(write(pad, "after"))
    assert (await desk.answered(7))[-1].seq == 2
    assert [one.seq for one in desk.rung] == [1, 2], "nothing is half-told"


@pytest.mark.skipif(
    "sqlite" not in settings.DATABASES["default"]["ENGINE"],
    reason="a pooled connection would stay read-only",
)
async def test_while_the_database_is_read_only_all_are_overloaded_and_then_stored(
    monkeypatch, desk, pad
):
    commit_once, read_only = commits.commit_once, ["on", "off"]

    def commit_as_it_may(entries, *, look):
        open_tuned(connection)
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA query_only = {read_only[0]}")
        return commit_once(entries, look=look)

    monkeypatch.setattr(commits, "commit_once", commit_as_it_may)
    desk.submit(write(pad, "one"), write(pad, "two"))
    refused = await desk.answered(2)
    assert [type(answer) for answer in refused] == [OverloadedError, OverloadedError]
    read_only.pop(0)
    desk.submit(write(pad, "one"), write(pad, "two"))
    stored = (await desk.answered(4))[2:]
    assert [answer.seq for answer in stored] == [1, 2]


async def test_a_connection_that_broke_is_opened_anew(monkeypatch, desk, pad):
    commit_once = commits.commit_once

    def broken(entries, *, look):
        connections["default"].connection.close()
        return commit_once(entries, look=look)

    desk.submit(write(pad, "before"))
    await desk.answered(1)
    monkeypatch.setattr(commits, "commit_once", broken)
    desk.submit(write(pad, "lost"))
    assert not isinstance((await desk.answered(2))[1], Stored)
    monkeypatch.setattr(commits, "commit_once", commit_once)
    desk.submit(write(pad, "after"))
    assert (await desk.answered(3))[2].seq == 2


async def test_stopping_stores_what_was_handed_over(desk, pad):
    await held(desk, pad, *(write(pad, f"hello {number}") for number in range(1000)))
    await asyncio.sleep(0)
    desk.may_commit.set()
    await asyncio.to_thread(desk.writer.stop)
    assert len(await in_database(texts, pad)) == 1001
    await desk.answered(1001)


async def test_a_writer_that_was_stopped_begins_again_with_the_next_entry(desk, pad):
    desk.submit(write(pad, "a"))
    await desk.answered(1)
    await asyncio.to_thread(desk.writer.stop)
    desk.submit(write(pad, "b"))
    assert (await desk.answered(2))[1].seq == 2


async def test_a_busy_writer_looks_up_as_often_as_an_idle_one(monkeypatch, pad):
    looks = []
    writer = Writer(lambda stored: None, idle=lambda: looks.append(1))
    answers: list[object] = []
    monkeypatch.setattr(writers, "IDLE", 30)
    try:
        for number in range(20):
            writer.submit(write(pad, str(number)), answers.append, local_hub().loop)
            await until(lambda: len(answers) > number)  # noqa: B023 - awaited at once
        await until(lambda: len(looks) >= 19)
    finally:
        writer.stop(0.1)
