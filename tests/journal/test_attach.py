"""From a snapshot to live: nothing lost, nothing twice, whatever happens while it is read."""

import asyncio
from contextlib import suppress
from functools import partial
from random import Random
from threading import Event as Gate

import pytest
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from hubbub.bus.base import Event
from hubbub.bus.memory import MemoryBus
from hubbub.crossing import in_database
from hubbub.fanout.dialect import EXTENDED, PLAIN
from hubbub.journal import attach as attaching
from hubbub.journal import followers as module
from hubbub.journal.attach import Hold, Snapshot, attach
from hubbub.journal.models import Stream
from hubbub.journal.process import event_of
from hubbub.streams.opening import Opening
from hubbub.testing.lying import LyingBus
from hubbub.wire.closes import NO_SNAPSHOT
from tests.journal.entries import put, strike, texts, write
from tests.journal.members import Member, group_of, join, new_followers, until
from tests.names import new_name
from tests.toys.pads import Line

pytestmark = pytest.mark.django_db(transaction=True)
LAST = Opening(history=200, since=None, epoch=None)


class Pad:
    """A pad, and followers of its own."""

    def __init__(self, bus) -> None:
        self.name = new_name()
        self.stream = f"pad:{self.name}"
        self.bus = bus
        self.followers = new_followers(bus)

    async def store(self, *messages: str, ring: bool = True) -> list[Event]:
        return await self.store_all([write(self.name, text) for text in messages], ring=ring)

    async def store_all(self, entries, *, ring: bool = True) -> list[Event]:
        stored = await in_database(put, entries)
        events = [event_of(one) for one in stored]
        if ring:
            self.bus.publish(events)
        return events

    async def enter(
        self, opening=LAST, *, read=None, ready=lambda: True, budget=2**20, dialect=EXTENDED
    ) -> Member:
        """A member that asked for a snapshot."""
        member = Member()
        self.followers.enter(self.stream)
        read = partial(in_database, read or partial(opening.read, self.stream))
        member.live = await attach(
            self.followers,
            member,
            {self.stream: group_of(self.stream)},
            partial(self.followers.reads.share, opening, read),
            ready,
            budget=budget,
            dialect=dialect,
        )
        return member


@pytest.fixture
async def pad():
    return Pad(MemoryBus())


class Slow:
    """A snapshot that takes as long as the test says: before it is read, or after."""

    def __init__(self, pad, opening=LAST) -> None:
        self.reading, self.gate = Gate(), Gate()
        self.read = partial(opening.read, pad.stream)

    def first(self) -> Snapshot:
        """Read, then wait."""
        snapshot = self.read()
        self.reading.set()
        self.gate.wait(10)
        return snapshot

    def last(self) -> Snapshot:
        """Wait, then read."""
        self.reading.set()
        self.gate.wait(10)
        return self.read()


async def test_a_snapshot_then_what_follows(pad):
    await pad.store("a", "b")
    member = await pad.enter()
    await pad.store("c")
    await until(lambda: len(member.lines()) == 3)
    assert member.lines() == {1: "a", 2: "b", 3: "c"}
    assert [frame["type"] for frame in member.frames()] == ["history", "line"]


@pytest.mark.parametrize("way", ["first", "last"])
async def test_what_is_told_while_the_snapshot_is_read_comes_once(pad, way):
    await pad.store("a")
    slow = Slow(pad, Opening(history=None, since=0, epoch=None))
    entering = asyncio.create_task(pad.enter(read=getattr(slow, way)))
    await until(slow.reading.is_set)
    await pad.store("b", "c")
    await until(lambda: pad.followers.find(pad.stream).told == 3)
    slow.gate.set()
    member = await entering
    await pad.store("d")
    await until(lambda: len(member.seqs()) >= 4)
    assert member.seqs() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("dialect", "wanted"),
    [
        (PLAIN, ["line"]),
        (EXTENDED, ["strike", "line"]),
    ],
)
async def test_what_is_told_meanwhile_is_told_as_the_member_is_going_to_be_told(
    pad, dialect, wanted
):
    await pad.store("a")
    slow = Slow(pad)
    entering = asyncio.create_task(pad.enter(read=slow.first, dialect=dialect))
    await until(slow.reading.is_set)
    await pad.store_all([strike(pad.name, 1)])
    await pad.store("b")
    await until(lambda: pad.followers.find(pad.stream).told == 3)
    slow.gate.set()
    member = await entering
    assert [frame["type"] for frame in member.frames()[1:]] == wanted
    await pad.store_all([strike(pad.name, 3)])
    await pad.store("c")
    await until(lambda: len(member.frames()) == 2 * len(wanted) + 1)
    assert [frame["type"] for frame in member.frames()[1:]] == 2 * wanted


async def test_who_comes_while_another_s_snapshot_is_read_misses_nothing(pad):
    await pad.store("a")
    slow = Slow(pad)
    early = asyncio.create_task(pad.enter(read=slow.first))
    await until(slow.reading.is_set)
    await pad.store("b")
    await until(lambda: pad.followers.find(pad.stream).told == 2)
    late = [asyncio.create_task(pad.enter()) for _ in range(2)]
    await asyncio.sleep(0)
    slow.gate.set()
    for member in await asyncio.gather(early, *late):
        assert member.lines() == {1: "a", 2: "b"}


async def test_what_the_snapshot_has_and_no_bell_told_of_yet_comes_once(pad):
    await pad.store("a")
    await asyncio.sleep(0)  # its bell has rung
    first = await join(pad.followers, pad.stream)
    late = await pad.store("b", "c", ring=False)
    member = await pad.enter(Opening(history=None, since=0, epoch=None))
    pad.bus.publish(late)
    await pad.store("d")
    await until(lambda: len(member.seqs()) >= 4)
    assert member.seqs() == [1, 2, 3, 4]
    await until(lambda: first.seqs() == [2, 3, 4])


async def test_the_first_event_of_a_stream_that_no_bell_told_of_is_told_before_a_snapshot_has_it(
    pad,
):
    first = await join(pad.followers, pad.stream)
    epoch = pad.followers.find(pad.stream).epoch
    (event,) = await pad.store("a", ring=False)
    await pad.enter(Opening(history=None, since=0, epoch=None))
    assert first.seqs() == [1]
    assert pad.followers.find(pad.stream).epoch == event.epoch == epoch


async def test_an_event_of_another_process_between_the_place_and_the_snapshot_is_not_lost(pad):
    """Were the snapshot read first, it would end before the event, and the place be after it."""
    await pad.store("a", "b")
    gate, look = asyncio.Event(), pad.followers.source.extents

    async def look_late(streams):
        await gate.wait()
        return await look(streams)

    pad.followers.source.extents = look_late
    slow = Slow(pad)
    entering = asyncio.create_task(pad.enter(read=slow.first))
    with suppress(TimeoutError):  # it waits for the place
        await until(slow.reading.is_set, seconds=0.2)
    await pad.store("c", ring=False)
    gate.set()
    slow.gate.set()
    member = await entering
    await pad.store("d")
    await until(lambda: 4 in member.lines())
    assert member.lines() == {1: "a", 2: "b", 3: "c", 4: "d"}


async def test_what_is_told_in_the_turn_in_which_a_member_joins_reaches_it(monkeypatch, pad):
    await join(pad.followers, pad.stream)
    late, reach = await pad.store("a", ring=False), attaching.reach

    async def reach_and_tell(followers, stream, seq):
        await reach(followers, stream, seq)
        followers.take(late)

    monkeypatch.setattr(attaching, "reach", reach_and_tell)
    member = await pad.enter(read=lambda: Snapshot(b"", {pad.stream: 0}, {}))
    await pad.store("b")
    await until(lambda: 2 in member.seqs())
    assert member.seqs() == [1, 2]


async def test_one_who_resumes_gets_just_what_was_missed(pad):
    await pad.store("a", "b", "c", "d")
    epoch = (await pad.enter()).frames()[0]["epoch"]
    for since in range(5):
        member = await pad.enter(Opening(None, since, epoch))
        assert member.frames()[0] == {
            "type": "recovery",
            "recovered": True,
            "seq": 4,
            "epoch": epoch,
            "missed": 4 - since,
        }
        assert member.seqs() == list(range(since + 1, 5))


@pytest.mark.parametrize(("since", "epoch"), [(5, None), (2, "other"), (0, "other")])
async def test_one_who_cannot_be_told_all_is_told_so_and_nothing_else(pad, since, epoch):
    await pad.store("a", "b", "c", "d")
    member = await pad.enter(Opening(None, since, epoch))
    (recovery,) = member.frames()
    assert (recovery["type"], recovery["recovered"]) == ("recovery", False)
    await pad.store("e")
    await until(lambda: member.seqs() == [5])


async def test_more_than_three_hundred_missed_are_not_told(pad):
    await pad.store(*(str(number) for number in range(301)))
    assert (await pad.enter(Opening(None, 1, None))).frames()[0]["missed"] == 300
    assert (await pad.enter(Opening(None, 0, None))).frames()[0]["recovered"] is False


async def test_one_who_knows_an_empty_pad_resumes_when_it_is_no_more(pad):
    epoch = (await pad.enter()).frames()[0]["epoch"]
    events = await pad.store("a", "b")
    assert {event.epoch for event in events} == {epoch}
    for since in (0, 1):
        member = await pad.enter(Opening(None, since, epoch))
        assert member.frames()[0]["recovered"] is True
        assert member.seqs() == list(range(since + 1, 3))


async def test_one_who_left_meanwhile_gets_nothing(pad):
    await pad.store("a")
    member = await pad.enter(ready=lambda: False)
    await pad.store("b")
    later = await pad.enter()
    await pad.store("c")
    await until(lambda: later.lines() == {1: "a", 2: "b", 3: "c"})
    assert member.live
    assert member.wire == []


async def test_more_than_the_budget_meanwhile_is_too_slow(pad):
    slow = Slow(pad)
    entering = asyncio.create_task(pad.enter(read=slow.first, budget=5000))
    await until(slow.reading.is_set)
    await pad.store(*("x" * 900 for _ in range(10)))
    await until(lambda: pad.followers.find(pad.stream).told == 10)
    slow.gate.set()
    member = await entering
    assert not member.live
    assert member.wire == []
    assert pad.followers.hub.size(group_of(pad.stream)) == 0


async def test_more_events_than_the_budget_meanwhile_are_too_many_though_they_tell_nothing(pad):
    hold = Hold(Member(), PLAIN, budget=10 * attaching.SILENT)
    pad.followers.hub.hold(["pad"], hold)
    strikes = [Event(pad.stream, "k3f9", seq, b"gone", added=True) for seq in range(1, 12)]
    for event in strikes[:10]:
        pad.followers.hub.tell("pad", event)
    pad.followers.hub.flush()
    assert not hold.overflowed
    pad.followers.hub.tell("pad", strikes[10])
    pad.followers.hub.flush()
    assert hold.overflowed


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
async def test_while_the_database_is_away_the_member_is_asked_to_come_again(pad, error):
    def away():
        raise error("away")

    member = await pad.enter(read=away)
    assert not member.live
    assert (member.goodbye.code, member.goodbye.reason) == (1013, "try again later")
    assert pad.followers.hub.size(group_of(pad.stream)) == 0


@pytest.mark.parametrize("seed", range(6))
async def test_a_snapshot_and_the_events_after_it_are_the_later_snapshot(monkeypatch, seed):
    monkeypatch.setattr(module, "GRACE", 0.002)
    monkeypatch.setattr(module, "CHECK", 0.1)
    monkeypatch.setattr(attaching, "PATIENCE", 0.02)
    random = Random(seed)
    pad = Pad(LyingBus(random, eager=True))
    members, lines, total = [], [], 0
    for number in range(40):
        doing = random.random()
        if doing < 0.6 or not lines:
            count = random.randint(1, 4)
            lines += range(total + 1, total + count + 1)
            await pad.store(*(f"{number}.{index}" for index in range(count)))
            total += count
        elif doing < 0.75:
            gone = lines.pop(random.randrange(len(lines)))
            await pad.store_all([strike(pad.name, gone)])
            total += 1
        else:
            members.append(await pad.enter())
    await pad.store("the end")
    final = (await pad.enter()).lines()
    assert "the end" in final.values()
    await until(lambda: all("the end" in member.lines().values() for member in members))
    for member in members:
        assert member.lines() == final, f"seed {seed}"
    stored = await in_database(texts, pad.name)
    assert {seq for seq, _ in stored} >= final.keys()


async def test_a_snapshot_of_what_was_lost_since_is_not_followed_by_what_came_in_its_place(pad):
    await pad.store("a")

    def read():
        put([write(pad.name, "lost")])
        snapshot = LAST.read(pad.stream)
        with transaction.atomic():
            Line.objects.filter(name=pad.name, seq=2).delete()
            Stream.objects.filter(name=pad.stream).update(last_seq=1, last_mark=F("mark_before"))
        put([write(pad.name, "another")])
        return snapshot

    member = await pad.enter(read=read)
    assert member.goodbye is NO_SNAPSHOT
    assert member.frames() == []
