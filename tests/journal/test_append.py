"""Storing from sync code: with the caller's transaction, told after its commit or never."""

import asyncio

import pytest
from django.db import transaction

from hubbub.chat import services as chat
from hubbub.counter import services as counter
from hubbub.counter.selectors import counter_read
from hubbub.crossing import in_database
from hubbub.errors import IdConflictError, InvalidMessageError, OutOfRangeError, OverloadedError
from hubbub.fanout import hub as hubs
from hubbub.fanout.hub import Hub
from hubbub.journal import writer as writers
from hubbub.journal.append import append, append_now, append_soon
from hubbub.journal.line import Sender
from hubbub.journal.process import bus, writer
from hubbub.journal.read import extent
from tests.journal.entries import add, new_room, say, texts
from tests.journal.members import DEADLINE, Member, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told():
    """What the process's bus tells."""
    heard: list[tuple[str, int]] = []
    end = bus.subscribe(lambda events: heard.extend((one.stream, one.seq) for one in events))
    yield heard
    end()


@pytest.fixture
def room() -> str:
    return new_room()


@pytest.fixture(autouse=True)
def _writer_ends():
    yield
    writer.stop()


def test_outside_of_a_transaction_it_is_stored_and_told_at_once(room, told):
    assert chat.post(room=room, message="hello").seq == 1
    assert texts(room) == [(1, "hello")]
    assert told == [(f"chat:{room}", 1)]


def test_inside_of_a_transaction_it_is_told_after_the_commit(room, told):
    with transaction.atomic():
        chat.post(room=room, message="a")
        chat.post(room=room, message="b")
        assert told == []
    assert told == [(f"chat:{room}", 1), (f"chat:{room}", 2)]


def test_rolled_back_nothing_is_stored_nothing_told_and_no_number_used(room, told):
    name = new_room()
    chat.post(room=room, message="a")
    with transaction.atomic():
        chat.post(room=room, message="b")
        counter.change(action="increment", name=name, value=5)
        transaction.set_rollback(True)
    assert texts(room) == [(1, "a")]
    assert counter_read(name=name) == (0, 0)
    assert told == [(f"chat:{room}", 1)]
    assert chat.post(room=room, message="c").seq == 2
    assert counter.change(action="increment", name=name, value=5).seq == 1


def test_rolled_back_to_a_savepoint_only_what_came_after_it_is_gone(room, told):
    with transaction.atomic():
        chat.post(room=room, message="a")
        with transaction.atomic():
            chat.post(room=room, message="b")
            transaction.set_rollback(True)
        chat.post(room=room, message="c")
    assert texts(room) == [(1, "a"), (2, "c")]
    assert told == [(f"chat:{room}", 1), (f"chat:{room}", 2)]


def test_a_refusal_leaves_nothing_of_all_that_was_to_be_stored_together(room, told):
    name = new_room()
    with pytest.raises(OutOfRangeError):
        append_now([say(room, "a"), add(name, 2**53)])
    assert texts(room) == []
    assert told == []
    assert extent(f"chat:{room}").last_seq == 0


def test_a_refusal_spoils_nothing_of_the_callers_transaction(room):
    with transaction.atomic():
        chat.post(room=room, message="a", request_id="id")
        with pytest.raises(IdConflictError):
            chat.post(room=room, message="b", request_id="id")
        chat.post(room=room, message="c")
    assert texts(room) == [(1, "a"), (2, "c")]


def test_the_same_id_again_is_answered_as_the_first_time_and_told_once(room, told):
    first = chat.post(room=room, message="a", request_id="id")
    again = chat.post(room=room, message="a", request_id="id")
    assert (again.seq, again.timestamp) == (first.seq, first.timestamp)
    assert told == [(f"chat:{room}", 1)]


def test_what_nobody_may_say_is_refused(room):
    with pytest.raises(InvalidMessageError):
        chat.post(room=room, message=" ")


async def test_async_code_stores_with_the_next_commit(room, told):
    stored = await asyncio.gather(*(append(say(room, str(number))) for number in range(50)))
    assert [one.seq for one in stored] == list(range(1, 51))
    assert told == [(f"chat:{room}", seq) for seq in range(1, 51)]


async def test_async_code_gets_a_refusal_raised(room):
    await chat.apost(room=room, message="a", request_id="id")
    with pytest.raises(IdConflictError):
        await chat.apost(room=room, message="b", request_id="id")


async def test_who_is_cancelled_while_it_waits_disturbs_nobody(room):
    task = asyncio.create_task(chat.apost(room=room, message="a"))
    await asyncio.sleep(0)
    task.cancel()
    assert (await chat.apost(room=room, message="b")).seq in {1, 2}


async def test_threads_and_the_writer_share_one_numbering(room, told):
    async with asyncio.TaskGroup() as tasks:
        for number in range(40):
            tasks.create_task(chat.apost(room=room, message=f"a{number}"))
            tasks.create_task(in_database(chat.post, room=room, message=f"b{number}"))
    assert [seq for seq, _ in await in_database(texts, room)] == list(range(1, 81))
    assert sorted(told) == [(f"chat:{room}", seq) for seq in range(1, 81)]


async def test_storing_alone_makes_a_process_none_that_serves(monkeypatch, room):
    monkeypatch.setattr(hubs.hubs, "_all", ())
    assert (await append(say(room, "hello"))).seq == 1
    assert not hubs.has_hub(), "else nobody is warned of events that nobody can hear"


@pytest.fixture
async def crowd(monkeypatch):
    """A hub whose wait never ends by itself in time, and its member."""
    monkeypatch.setattr(hubs, "WAIT", 10 * DEADLINE)
    monkeypatch.setattr(hubs, "MANY", 0)
    hub, member = Hub(asyncio.get_running_loop()), Member()
    hub.join("crowd", member)
    return hub, member


async def test_a_crowd_waits_for_all_that_is_stored_whatever_becomes_of_it(crowd, room, refusing):
    hub, member = crowd
    written = []
    for text in ("a", refusing, "b"):
        append_soon(say(room, text), lambda _: written.append(list(member.wire)), hub, Sender())
    hub.publish("crowd", b"frame")
    await until(lambda: member.wire)
    assert written == [[], [], []]


async def test_a_crowd_does_not_wait_for_what_there_is_no_room_for(crowd, room, monkeypatch):
    hub, member = crowd
    monkeypatch.setattr(writers, "QUEUE", 0)
    with pytest.raises(OverloadedError):
        append_soon(say(room, "a"), lambda _: None, hub, Sender())
    hub.publish("crowd", b"frame")
    await until(lambda: member.wire)
