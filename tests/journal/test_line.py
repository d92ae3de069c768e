"""Whose turn it is, and that a flood is the flooder's own trouble."""

import asyncio
import gc
from threading import Event
from types import SimpleNamespace

import pytest

from hubbub.errors import OverloadedError
from hubbub.fanout.hub import local_hub
from hubbub.fanout.layer import HubLayer
from hubbub.journal import append, writer
from hubbub.journal import commit as commits
from hubbub.journal import line as lines
from hubbub.journal.line import PUBLISHERS, Line, Owner, Sender, sender_of
from hubbub.journal.writer import Writer
from tests.journal.entries import apublish, write
from tests.journal.members import until
from tests.names import new_name


def sent(sender, *numbers):
    return [SimpleNamespace(sender=sender, number=number) for number in numbers]


def numbers(taken):
    return [one.number for one in taken]


def test_senders_take_turns_and_each_keeps_its_order():
    line, one, two = Line(), Sender(), Sender()
    line.put(sent(one, 1, 2, 3, 4))
    line.put(sent(two, 11, 12))
    assert [numbers(line.take(1)) for _ in range(3)] == [[1], [11], [2]]
    line.put(sent(two, 13))
    assert [numbers(line.take(1)) for _ in range(4)] == [[12], [3], [13], [4]]
    assert not line


def test_of_more_senders_than_go_into_one_commit_each_comes_to_its_turn():
    line, senders = Line(), [Sender() for _ in range(10)]
    for index, sender in enumerate(senders):
        line.put(sent(sender, *[index] * 5))
    assert sorted(numbers(line.take(4) + line.take(4) + line.take(2))) == list(range(10))


def test_an_owner_of_many_senders_has_one_turn_and_each_of_them_its_own_in_it():
    line, owner, other = Line(), Owner(), Sender()
    senders = [Sender(owner) for _ in range(3)]
    for index, sender in enumerate(senders):
        line.put(sent(sender, *[10 * index + number for number in range(3)]))
    line.put(sent(other, 91, 92, 93))
    assert numbers(line.take(6)) == [0, 10, 20, 91, 92, 93]
    assert numbers(line.take(3)) == [1, 11, 21]
    assert numbers(line.take(9)) == [2, 12, 22]
    assert not line


def test_what_goes_into_one_commit_is_in_the_order_in_which_it_came():
    line, one, two = Line(), Sender(), Sender()
    line.put([*sent(one, 1, 2), *sent(two, 11), *sent(one, 3), *sent(two, 12)])
    assert numbers(line.take(9)) == [1, 2, 11, 3, 12]


def test_a_sender_is_forgotten_when_nothing_of_it_waits():
    kept = sender_of("a")
    assert sender_of("a") is kept
    del kept
    gc.collect()
    assert "a" not in lines._senders
    assert "a" not in lines._owners


@pytest.fixture
def desk(monkeypatch, transactional_db):
    """A writer that commits when it may, four at a time, and has room for twelve."""
    may_commit, batches, commit_once = Event(), [], commits.commit_once

    def watched(entries, *, look):
        may_commit.wait(10)
        batches.append([entry.body.text for entry in entries])
        return commit_once(entries, look=look)

    monkeypatch.setattr(commits, "commit_once", watched)
    monkeypatch.setattr(writer, "BATCH", 4)
    monkeypatch.setattr(writer, "QUEUE", 12)
    desk = Writer(lambda _: None)
    yield SimpleNamespace(writer=desk, batches=batches, may_commit=may_commit)
    may_commit.set()
    desk.stop()


def flood(desk, sender, answers):
    """Submit until it is refused; how many were taken."""
    pad = new_name()
    for number in range(100):
        try:
            desk.writer.submit(
                write(pad, f"flood {number}"), answers.append, local_hub().loop, sender
            )
        except OverloadedError:
            return number
    raise AssertionError("it was never refused")


async def test_a_flood_is_refused_for_the_flooder_alone_and_others_do_not_wait_for_it(desk):
    flooder, other, answers = Sender(), Sender(), []
    assert flood(desk, flooder, answers) == 4
    assert flood(desk, Sender(), answers) == 3
    pad = new_name()
    desk.writer.submit(write(pad, "one"), answers.append, local_hub().loop, other)
    with pytest.raises(OverloadedError):
        desk.writer.submit(write(pad, "more"), answers.append, local_hub().loop, flooder)
    desk.may_commit.set()
    await until(lambda: len(answers) == 8)
    await until(desk.writer.is_idle)  # it counts what it has answered a moment later
    assert "one" in desk.batches[0]
    flooded = [text for batch in desk.batches for text in batch if text == "flood 3"]
    assert len(flooded) == 1
    assert (flooder.waiting, flooder.owner.waiting, other.waiting) == (0, 0, 0)
    assert flood(desk, flooder, answers) == 4, "there is room again"


async def test_however_many_connections_an_owner_has_half_of_the_queue_is_the_others(desk):
    owner, answers = Owner(), []
    taken = [flood(desk, Sender(owner), answers) for _ in range(9)]
    assert taken == [4, 2, 0, 0, 0, 0, 0, 0, 0]
    assert flood(desk, Sender(), answers) == 2, "a third of what is left, as of all"


async def test_what_waits_in_front_of_the_line_does_not_hinder_who_comes_later(desk):
    """A commit is under way, and a line behind it that is longer than the next one."""
    flooder, loop, answers = Sender(), local_hub().loop, []
    pad = new_name()
    desk.writer.submit(write(pad, "first"), answers.append, loop, Sender())
    await until(lambda: desk.writer._began is not None)
    assert flood(desk, flooder, answers) == 4
    desk.writer.submit(write(pad, "late"), answers.append, loop, Sender())
    await asyncio.sleep(0)  # all that is handed over by now waits
    desk.may_commit.set()
    await until(lambda: len(answers) == 6)
    assert desk.batches[:2] == [["first"], ["flood 0", "flood 1", "flood 2", "late"]]


async def test_callers_and_publishers_are_senders_too(transactional_db, monkeypatch):
    seen, submit = [], append.writer.submit

    def noted(entry, answer, loop, sender=None):
        seen.append(sender)
        submit(entry, answer, loop, sender)

    monkeypatch.setattr(append.writer, "submit", noted)
    pad, held = new_name(), [sender_of(key) for key in (("user", 7), ("user", 8), PUBLISHERS)]
    for user_id in (7, 7, 8, None):
        await apublish(pad, "hi", user_id=user_id)
    await HubLayer().group_send(f"pad.{pad}", {"type": "pad_line", "text": "hi"})
    assert [held.index(sender) for sender in seen] == [0, 0, 1, 2, 2]
