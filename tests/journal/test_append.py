"""Storing from sync code: with the caller's transaction, told after its commit or never."""

import asyncio

import pytest
from django.db import transaction

from hubbub.crossing import in_database
from hubbub.errors import IdConflictError, OutOfRangeError, OverloadedError
from hubbub.fanout import hub as hubs
from hubbub.fanout.hub import Hub
from hubbub.journal import writer as writers
from hubbub.journal.append import append, append_now, append_soon
from hubbub.journal.bells import bells
from hubbub.journal.line import Sender
from hubbub.journal.process import writer
from hubbub.journal.read import extent
from tests.bus.ears import Places
from tests.journal.entries import add, apublish, publish, texts, total, write
from tests.journal.members import DEADLINE, Member, until
from tests.names import new_name
from tests.toys.purses import ROOM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told():
    """What the process's bells tell."""
    heard = Places()
    end = bells.listen(heard)
    yield heard
    end()


@pytest.fixture
def pad() -> str:
    return new_name()


@pytest.fixture(autouse=True)
def _writer_ends():
    yield
    writer.stop()


def test_outside_of_a_transaction_it_is_stored_and_told_at_once(pad, told):
    assert publish(pad, "hello").seq == 1
    assert texts(pad) == [(1, "hello")]
    assert told == [(f"pad:{pad}", 1)]


def test_inside_of_a_transaction_it_is_told_after_the_commit(pad, told):
    with transaction.atomic():
        publish(pad, "a")
        publish(pad, "b")
        assert told == []
    assert told == [(f"pad:{pad}", 1), (f"pad:{pad}", 2)]


def test_rolled_back_nothing_is_stored_nothing_told_and_no_number_used(pad, told):
    purse = new_name()
    publish(pad, "a")
    with transaction.atomic():
        publish(pad, "b")
        append_now([add(purse, 5)])
        transaction.set_rollback(True)
    assert texts(pad) == [(1, "a")]
    assert total(purse) == (0, 0)
    assert told == [(f"pad:{pad}", 1)]
    assert publish(pad, "c").seq == 2
    assert append_now([add(purse, 5)])[0].seq == 1


def test_rolled_back_to_a_savepoint_only_what_came_after_it_is_gone(pad, told):
    with transaction.atomic():
        publish(pad, "a")
        with transaction.atomic():
            publish(pad, "b")
            transaction.set_rollback(True)
        publish(pad, "c")
    assert texts(pad) == [(1, "a"), (2, "c")]
    assert told == [(f"pad:{pad}", 1), (f"pad:{pad}", 2)]


def test_a_refusal_leaves_nothing_of_all_that_was_to_be_stored_together(pad, told):
    purse = new_name()
    with pytest.raises(OutOfRangeError):
        append_now([write(pad, "a"), add(purse, ROOM + 1)])
    assert texts(pad) == []
    assert told == []
    assert extent(f"pad:{pad}").last_seq == 0


def test_a_refusal_spoils_nothing_of_the_callers_transaction(pad):
    with transaction.atomic():
        publish(pad, "a", request_id="id")
        with pytest.raises(IdConflictError):
            publish(pad, "b", request_id="id")
        publish(pad, "c")
    assert texts(pad) == [(1, "a"), (2, "c")]


def test_the_same_id_again_is_answered_as_the_first_time_and_told_once(pad, told):
    first = publish(pad, "a", request_id="id")
    again = publish(pad, "a", request_id="id")
    assert (again.seq, again.timestamp) == (first.seq, first.timestamp)
    assert told == [(f"pad:{pad}", 1)]


async def test_async_code_stores_with_the_next_commit(pad, told):
    stored = await asyncio.gather(*(append(write(pad, str(number))) for number in range(50)))
    assert [one.seq for one in stored] == list(range(1, 51))
    assert told == [(f"pad:{pad}", seq) for seq in range(1, 51)]


async def test_async_code_gets_a_refusal_raised(pad):
    await apublish(pad, "a", request_id="id")
    with pytest.raises(IdConflictError):
        await apublish(pad, "b", request_id="id")


async def test_who_is_cancelled_while_it_waits_disturbs_nobody(pad):
    task = asyncio.create_task(apublish(pad, "a"))
    await asyncio.sleep(0)
    task.cancel()
    assert (await apublish(pad, "b")).seq in {1, 2}


async def test_threads_and_the_writer_share_one_numbering(pad, told):
    async with asyncio.TaskGroup() as tasks:
        for number in range(40):
            tasks.create_task(apublish(pad, f"a{number}"))
            tasks.create_task(in_database(publish, pad, f"b{number}"))
    assert [seq for seq, _ in await in_database(texts, pad)] == list(range(1, 81))
    assert sorted(told) == [(f"pad:{pad}", seq) for seq in range(1, 81)]


async def test_storing_alone_makes_a_process_none_that_serves(monkeypatch, pad):
    monkeypatch.setattr(hubs.hubs, "_all", ())
    assert (await append(write(pad, "hello"))).seq == 1
    assert not hubs.has_hub(), "else nobody is warned of events that nobody can hear"


@pytest.fixture
async def crowd(monkeypatch):
    """A hub whose wait never ends by itself in time, and its member."""
    monkeypatch.setattr(hubs, "WAIT", 10 * DEADLINE)
    monkeypatch.setattr(hubs, "MANY", 0)
    hub, member = Hub(asyncio.get_running_loop()), Member()
    hub.join("crowd", member)
    return hub, member


async def test_a_crowd_waits_for_all_that_is_stored_whatever_becomes_of_it(crowd, pad, refusing):
    hub, member = crowd
    written = []
    for text in ("a", refusing, "b"):
        append_soon(write(pad, text), lambda _: written.append(list(member.wire)), hub, Sender())
    hub.publish("crowd", b"frame")
    await until(lambda: member.wire)
    assert written == [[], [], []]


async def test_a_crowd_does_not_wait_for_what_there_is_no_room_for(crowd, pad, monkeypatch):
    hub, member = crowd
    monkeypatch.setattr(writers, "QUEUE", 0)
    with pytest.raises(OverloadedError):
        append_soon(write(pad, "a"), lambda _: None, hub, Sender())
    hub.publish("crowd", b"frame")
    await until(lambda: member.wire)
