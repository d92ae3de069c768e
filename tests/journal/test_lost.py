"""A table that lacks what was told gets a new epoch, and everyone is sent to learn it."""

import asyncio
import re
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from hubbub.bus.memory import MemoryBus
from hubbub.crossing import in_database
from hubbub.journal.epochs import renumber
from hubbub.journal.models import Stream
from hubbub.journal.process import event_of
from hubbub.journal.prune import drop
from hubbub.journal.read import extent
from hubbub.journal.table import table_of
from hubbub.streams.opening import Opening
from hubbub.tasks import under_way
from hubbub.wire.closes import TRY_LATER
from tests.journal.entries import put, write
from tests.journal.members import join, new_followers, until
from tests.names import new_name
from tests.servers import ROOT
from tests.toys.pads import Line

pytestmark = pytest.mark.django_db(transaction=True)


class Pad:
    """A pad, and followers whose bus never lies."""

    def __init__(self) -> None:
        self.name = new_name()
        self.stream = f"pad:{self.name}"
        self.bus = MemoryBus()
        self.followers = new_followers(self.bus)

    async def enter(self, followers=None):
        return await join(followers or self.followers, self.stream)

    async def store(self, number, *, ring=True):
        """Events, in one commit each."""
        for index in range(number):
            (one,) = await in_database(put, [write(self.name, f"hello {index}")])
            if ring:
                self.bus.publish([event_of(one)])

    async def told(self, member, number):
        await self.store(number)
        await until(lambda: len(member.seqs()) == number)

    async def lose(self, last):
        """The table as it was when `last` was the newest; 0: when nobody had come yet."""
        await in_database(self._lose, last)

    def _lose(self, last):
        with transaction.atomic():
            Line.objects.filter(name=self.name, seq__gt=last).delete()
            stream = Stream.objects.filter(name=self.stream)
            stream.update(last_seq=last) if last else stream.delete()

    async def epoch(self):
        return (await in_database(extent, self.stream)).epoch

    async def recovery(self, since, epoch):
        snapshot = await in_database(Opening(None, since, epoch).read, self.stream)
        return b'"recovered":true' in snapshot.frames


@pytest.fixture
async def pad():
    return Pad()


@pytest.mark.parametrize("last", [0, 3])
@pytest.mark.parametrize("ring", [True, False])
async def test_members_are_sent_to_learn_a_new_epoch(pad, last, ring):
    member = await pad.enter()
    before = await pad.epoch()
    await pad.told(member, 5)
    await pad.lose(last)
    await pad.store(4 - last, ring=ring)
    if not ring:
        pad.followers.check()
    await until(lambda: member.goodbye is TRY_LATER)
    assert member.seqs() == [1, 2, 3, 4, 5], "nothing under a number that was told already"
    assert await pad.epoch() != before
    assert not await pad.recovery(5, before)


async def test_the_first_number_that_comes_again_is_reason_enough_to_look(pad):
    """Nobody waits for the check: the numbers would soon be past what was told."""
    member = await pad.enter()
    await pad.told(member, 5)
    await pad.lose(0)
    await pad.store(1)
    await until(lambda: member.goodbye is TRY_LATER, seconds=3)


async def test_as_many_in_one_commit_as_were_lost_are_noticed_by_what_stands_in_their_place(pad):
    member = await pad.enter()
    before = await pad.epoch()
    await pad.told(member, 5)
    await pad.lose(3)
    stored = await in_database(put, [write(pad.name, f"new {index}") for index in range(10)])
    pad.bus.publish([event_of(one) for one in stored])
    await until(lambda: member.goodbye is TRY_LATER)
    assert await pad.epoch() != before


@pytest.mark.parametrize("more", [0, 2])
@pytest.mark.parametrize("ring", [True, False])
async def test_as_many_as_were_lost_and_more_stored_without_a_bell_are_noticed(pad, more, ring):
    """Whether the next event comes with a bell, or a look at the table finds it, or that alone."""
    member = await pad.enter()
    before = await pad.epoch()
    await pad.told(member, 5)
    await pad.lose(3)
    await pad.store(2 + more, ring=False)
    if ring:
        await pad.store(1)
    pad.followers.check()
    await until(lambda: member.goodbye is TRY_LATER)
    assert member.seqs() == [1, 2, 3, 4, 5]
    assert await pad.epoch() != before
    assert not await pad.recovery(5, before)


async def test_a_bell_that_does_not_follow_is_told_to_nobody_and_needs_no_check(pad):
    member = await pad.enter()
    await pad.told(member, 5)
    await pad.lose(3)
    await pad.store(2, ring=False)
    await pad.store(1)
    await until(lambda: member.goodbye is TRY_LATER, seconds=3)
    assert member.seqs() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("ring", [True, False])
async def test_those_who_were_told_nothing_yet_know_what_their_place_was(pad, ring):
    await pad.store(5)
    member = await pad.enter()
    await pad.lose(3)
    await pad.store(2, ring=False)
    await pad.store(1, ring=ring)
    pad.followers.check()
    await until(lambda: member.goodbye is TRY_LATER)
    assert member.seqs() == []


async def test_what_waits_for_one_that_is_missing_is_told_only_where_it_belongs(pad):
    """The bell of 5 is there, the table loses it and has another; then 4 is found, and 6."""
    member = await pad.enter()
    await pad.told(member, 3)
    lost = await in_database(put, [write(pad.name, f"told {index}") for index in (4, 5, 6)])
    pad.bus.publish([event_of(lost[1])])
    await pad.lose(4)
    await pad.store(3, ring=False)
    await until(lambda: member.goodbye is TRY_LATER)
    texts = [frame["text"] for frame in member.frames()]
    assert texts == ["hello 0", "hello 1", "hello 2", "told 4", "told 5"]


async def test_a_late_bell_of_what_was_lost_is_dropped_where_others_were_told(pad):
    await pad.store(5)
    lost = await in_database(put, [write(pad.name, "lost 6")])
    lost += await in_database(put, [write(pad.name, "lost 7")])
    await pad.lose(5)
    await pad.store(1)
    member = await pad.enter()
    epoch = await pad.epoch()
    pad.followers.take([event_of(lost[1])])
    await until(lambda: not pad.followers._reading)
    await pad.store(1)
    await until(lambda: member.seqs() == [7])
    assert [frame["text"] for frame in member.frames()] == ["hello 0"]
    assert (await pad.epoch(), member.goodbye) == (epoch, None)


async def test_what_was_told_is_gone_where_it_was_pruned_and_what_comes_does_not_fit(pad):
    member = await pad.enter()
    await pad.told(member, 5)
    await pad.lose(3)
    await pad.store(2, ring=False)
    await in_database(drop, table_of(pad.stream), pad.stream, 6)
    await pad.store(1)
    await until(lambda: member.goodbye is TRY_LATER)
    assert member.seqs() == [1, 2, 3, 4, 5]


async def test_members_stay_where_what_they_were_told_is_pruned_and_more_is_stored(pad):
    member = await pad.enter()
    await pad.told(member, 5)
    await in_database(drop, table_of(pad.stream), pad.stream, 6)
    await pad.store(1, ring=False)
    pad.followers.check()
    await until(lambda: member.seqs() == [1, 2, 3, 4, 5, 6])
    await pad.store(1)
    await until(lambda: member.seqs() == [1, 2, 3, 4, 5, 6, 7])
    assert member.goodbye is None


async def test_members_stay_where_a_stream_has_no_marks_yet_as_before_the_migration(pad):
    await pad.store(3)
    stream = Stream.objects.filter(name=pad.stream)
    await in_database(partial(stream.update, last_mark=0, mark_before=0))
    member = await pad.enter()
    await pad.store(1, ring=False)
    pad.followers.check()
    await until(lambda: member.seqs() == [4])
    await pad.store(1)
    await until(lambda: member.seqs() == [4, 5])
    assert member.goodbye is None


async def test_who_comes_back_is_replayed_what_is_there_not_what_was_remembered_of_it(pad):
    await pad.store(5)
    epoch = await pad.epoch()
    first = await in_database(Opening(None, 3, epoch).read, pad.stream)
    await pad.lose(3)
    await in_database(put, [write(pad.name, f"new {index}") for index in range(2)])
    second = await in_database(Opening(None, 3, epoch).read, pad.stream)
    assert b"hello 3" in first.frames
    assert (b"hello 3" in second.frames, b"new 1" in second.frames) == (False, True)


async def test_a_late_bell_of_what_was_deleted_since_is_no_loss_though_another_comes_with_it(pad):
    member = await pad.enter()
    (one,) = await in_database(put, [write(pad.name, "hello")])
    await in_database(partial(Line.objects.filter(name=pad.name).update, struck=True, text=""))
    pad.followers.check()
    await until(lambda: member.seqs() == [1])
    before = await pad.epoch()
    (two,) = await in_database(put, [write(pad.name, "hello again")])
    bells = [event_of(each) for each in (one, two)]
    pad.followers.take(bells)
    await until(lambda: not under_way())
    assert await pad.epoch() == before
    await pad.store(1)
    await until(lambda: member.seqs() == [1, 2, 3])
    assert member.goodbye is None


async def test_what_is_stored_before_anybody_notices_is_in_the_new_epoch(pad):
    member = await pad.enter()
    before = await pad.epoch()
    await pad.told(member, 5)
    await pad.lose(3)
    await pad.store(1, ring=False)
    pad.followers.check()
    await until(lambda: member.goodbye is TRY_LATER)
    after = await pad.epoch()
    assert (await in_database(extent, pad.stream)).last_seq == 4
    assert await pad.recovery(3, after)
    later = await pad.enter()
    await pad.store(1)
    await until(lambda: later.seqs() == [5])
    assert after not in {"", before}


async def test_a_stream_that_is_gone_altogether_comes_back_with_another_epoch(pad):
    member = await pad.enter()
    before = await pad.epoch()
    await pad.told(member, 2)
    await pad.lose(0)
    pad.followers.check()
    await until(lambda: member.goodbye is TRY_LATER)
    where = await in_database(extent, pad.stream)
    assert (where.last_seq, where.epoch != before) == (0, True)
    (one,) = await in_database(put, [write(pad.name, "hello")])
    assert (one.seq, one.epoch) == (1, where.epoch)


async def test_of_several_processes_one_changes_the_epoch_and_all_learn_it(pad):
    processes = [pad.followers, *(new_followers(pad.bus) for _ in range(3))]
    members = [await pad.enter(one) for one in processes]
    before = await pad.epoch()
    await pad.store(5)
    await until(lambda: all(member.seqs() == [1, 2, 3, 4, 5] for member in members))
    await pad.lose(3)
    given = []
    for one in processes:
        one.source = Noting(one.source, given)
        one.check()
    await until(lambda: all(member.goodbye is TRY_LATER for member in members))
    after = await pad.epoch()
    assert after in given
    followers = [await pad.enter(one) and one.find(pad.stream) for one in processes]
    assert {(follower.epoch, follower.told) for follower in followers} == {(after, 3)}
    assert after != before


class Noting:
    """A table that notes which epochs were to be given."""

    def __init__(self, table, given) -> None:
        self.extents, self.read, self._table, self._given = (
            table.extents,
            table.read,
            table,
            given,
        )

    async def renumber(self, lost):
        epoch = await self._table.renumber(lost)
        self._given.append(epoch)
        return epoch


async def test_an_epoch_that_was_changed_already_stays(pad):
    await pad.store(1)
    before = await pad.epoch()
    after = await in_database(renumber, {pad.stream: before})
    assert await pad.epoch() == after
    await in_database(renumber, {pad.stream: before})
    assert await pad.epoch() == after


async def test_while_no_epoch_can_be_given_it_is_tried_again_at_the_next_check(pad):
    member = await pad.enter()
    await pad.told(member, 2)
    await pad.lose(1)
    tried, give = asyncio.Event(), pad.followers.source.renumber

    async def in_vain(lost):
        tried.set()
        raise OperationalError("attempt to write a readonly database")

    pad.followers.source.renumber = in_vain
    pad.followers.check()
    await asyncio.wait_for(tried.wait(), 10)
    await until(lambda: not pad.followers._comparing)
    assert member.goodbye is None
    pad.followers.source.renumber = give
    pad.followers.check()
    await until(lambda: member.goodbye is TRY_LATER)


async def test_nothing_is_lost_where_a_look_is_older_than_what_was_told_meanwhile(pad):
    member = await pad.enter()
    table, gate, seen = pad.followers.source, asyncio.Event(), asyncio.Event()

    async def late(streams):
        found = await table.__class__.extents(table, streams)
        seen.set()
        await gate.wait()
        return found

    table.extents = late
    pad.followers.check()
    await seen.wait()
    await pad.told(member, 3)
    gate.set()
    await until(lambda: not pad.followers._comparing)
    await pad.store(1)
    await until(lambda: member.seqs() == [1, 2, 3, 4])
    assert member.goodbye is None


def run(statements):
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements.split("; "):
            cursor.execute(statement)


async def test_what_the_documents_say_of_a_restore_gives_every_stream_another_epoch(pad):
    text = (ROOT / "docs" / "api.md").read_text()
    (statements,) = re.findall(r"`(UPDATE hubbub_stream SET epoch .*?)`", text)
    await pad.store(2)
    empty = Pad()
    before, unbegun = await pad.epoch(), await empty.epoch()
    await in_database(run, statements)
    assert not await pad.recovery(1, before)
    await empty.store(1)
    assert await empty.epoch() not in {unbegun, before}


async def test_streams_nobody_is_in_are_left_alone(pad):
    await pad.store(2)
    before = await pad.epoch()
    await pad.lose(1)
    pad.followers.check()
    other = Pad()
    member = await join(pad.followers, other.stream)
    pad.bus = other.bus
    await in_database(put, [write(other.name, "hello")])
    pad.followers.check()
    await until(lambda: member.seqs() == [1])
    assert await pad.epoch() == before
