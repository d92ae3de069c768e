"""An event loop tells each member every event once and in order, whatever the bus and others do."""

import asyncio
import time
from collections.abc import Sized
from random import Random
from types import SimpleNamespace

import pytest
from django.db import InterfaceError, OperationalError

from hubbub.bus.base import Event
from hubbub.bus.memory import MemoryBus
from hubbub.crossing import in_database
from hubbub.errors import OverloadedError
from hubbub.fanout.hub import Hub
from hubbub.journal import followers as module
from hubbub.journal import search
from hubbub.journal.followers import Followers
from hubbub.journal.models import Stream
from hubbub.journal.process import event_of
from hubbub.journal.read import extent
from hubbub.journal.source import DatabaseSource
from hubbub.testing.lying import LyingBus
from hubbub.wire.closes import TRY_LATER
from tests.journal.entries import put, strike, write
from tests.journal.members import DEADLINE, group_of, join, new_followers, until
from tests.names import new_name
from tests.toys.pads import Line

pytestmark = pytest.mark.django_db(transaction=True)


def stored(pad: str, number: int) -> list[Event]:
    """Store events, and make the doorbells that tell of them."""
    entries = [write(pad, f"hello {index}") for index in range(number)]
    return [event_of(one) for one in put(entries)]


async def away(_):
    """The table's answer while the database is away."""
    raise OperationalError("away")


@pytest.fixture
def pad() -> str:
    return new_name()


@pytest.fixture
def stream(pad) -> str:
    return f"pad:{pad}"


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
async def followers(bus) -> Followers:
    return new_followers(bus)


@pytest.fixture
async def member(followers, pad, stream):
    return await join(followers, stream)


class Gated:
    """A table that answers where streams stand when it is let; it has looked before that."""

    def __init__(self, table) -> None:
        self.table, self.asked, self.seen, self.gate = table, [], asyncio.Event(), asyncio.Event()
        self.read, self.renumber = table.read, table.renumber

    async def extents(self, streams):
        self.asked.append(list(streams))
        found = await self.table.extents(streams)
        self.seen.set()
        await self.gate.wait()
        return found


async def test_members_hear_what_the_bell_brings(bus, followers, member, pad):
    bus.publish(await in_database(stored, pad, 3))
    await until(lambda: member.seqs() == [1, 2, 3])


async def test_a_lost_bell_is_made_good_by_the_next_one(bus, followers, member, pad, stream):
    events = await in_database(stored, pad, 4)
    bus.publish(events[:1])
    bus.publish(events[3:])
    await until(lambda: member.seqs() == [1, 2, 3, 4])


async def test_bells_that_are_late_bring_nothing_twice(bus, followers, member, pad, stream):
    events = await in_database(stored, pad, 4)
    bus.publish(events[3:])
    await until(lambda: member.seqs() == [1, 2, 3, 4])
    bus.publish(events[:3])
    bus.publish(await in_database(stored, pad, 1))
    await until(lambda: 5 in member.seqs())
    assert member.seqs() == [1, 2, 3, 4, 5]


async def test_bells_out_of_order_are_told_in_order(bus, followers, member, pad, stream):
    events = await in_database(stored, pad, 20)
    Random(3).shuffle(events)
    for event in events:
        bus.publish([event])
    await until(lambda: len(member.seqs()) == 20)
    assert member.seqs() == list(range(1, 21))


async def test_bells_lost_while_the_place_is_looked_up_are_made_good_soon(
    monkeypatch, followers, pad, stream
):
    monkeypatch.setattr(module, "CHECK", 10 * DEADLINE)  # what finds them in any case
    followers.source = table = Gated(followers.source)
    joining = asyncio.create_task(join(followers, stream))
    await table.seen.wait()
    events = await in_database(stored, pad, 5)
    followers.take([events[1], events[4]])  # no bell of the others ever rings
    table.gate.set()
    member = await joining
    await until(lambda: 5 in member.seqs())
    assert member.seqs() == [1, 2, 3, 4, 5]


async def test_what_was_stored_before_the_look_passes_for_told_however_late_its_bell(
    bus, followers, pad, stream
):
    late = await in_database(stored, pad, 2)
    member = await join(followers, stream)
    bus.publish(late)
    bus.publish(await in_database(stored, pad, 1))
    await until(lambda: member.seqs() == [3])


async def test_who_waits_for_a_place_goes_on_when_it_is_known(followers, pad, stream):
    follower = followers.enter(stream)
    assert follower.told is None
    await followers.settled(stream)
    assert (follower.told, follower.epoch) == (0, (await in_database(extent, stream)).epoch)
    await followers.settled(stream)


async def test_all_places_that_are_wanted_in_a_turn_are_asked_for_together(followers):
    followers.source = table = Gated(followers.source)
    first, *others = [f"pad:{new_name()}" for _ in range(50)]
    followers.enter(first)
    await table.seen.wait()
    for name in others:
        followers.enter(name)
    waiting = [asyncio.create_task(followers.settled(name)) for name in (first, *others)]
    table.gate.set()
    await asyncio.gather(*waiting)
    assert [sorted(asked) for asked in table.asked] == [[first], sorted(others)]


async def test_a_look_for_those_who_left_is_none_for_those_who_come_after(followers, pad, stream):
    followers.source = table = Gated(followers.source)
    followers.enter(stream)
    await table.seen.wait()
    followers.leave(stream)
    await in_database(stored, pad, 1)
    coming = asyncio.create_task(join(followers, stream))
    await asyncio.sleep(0)
    table.gate.set()
    await coming
    assert followers.find(stream).told == 1


async def test_one_look_at_a_time_is_made_though_the_database_hangs(monkeypatch, followers):
    monkeypatch.setattr(search, "SETTLE", 0.01)
    followers.source = table = Gated(followers.source)
    for _ in range(20):
        name = f"pad:{new_name()}"
        followers.enter(name)
        with pytest.raises(OverloadedError):
            await followers.settled(name)
        followers.leave(name)
    assert len(table.asked) == 1
    table.gate.set()
    last = f"pad:{new_name()}"
    followers.enter(last)
    monkeypatch.undo()
    await followers.settled(last)


async def test_the_place_of_one_who_has_company_is_known_already(followers, member, stream):
    followers.source = None  # and nobody is asked
    followers.enter(stream)
    await followers.settled(stream)


async def test_who_comes_and_goes_leaves_nothing_behind(followers):
    table, asked = followers.source, []

    async def slow(streams):
        asked.append(len(streams))
        await asyncio.sleep(0.001)
        return await table.extents(streams)

    followers.source = SimpleNamespace(extents=slow)

    async def visit():
        name = f"pad:{new_name()}"
        followers.enter(name)
        try:
            await followers.settled(name)
        finally:
            followers.leave(name)

    for _ in range(100):
        visits = [asyncio.create_task(visit()) for _ in range(5)]
        await asyncio.sleep(0)
        visits[0].cancel()
        await asyncio.gather(*visits, return_exceptions=True)
    await until(lambda: followers._search._task is None)
    kept = vars(followers) | vars(followers._search)
    left = {name: len(value) for name, value in kept.items() if isinstance(value, Sized)}
    assert left == dict.fromkeys(left, 0)
    assert sum(asked) >= 400


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
async def test_who_waits_for_a_place_is_refused_while_the_database_is_away(
    followers, stream, error
):
    async def away(_):
        raise error("away")

    followers.source.extents = away
    follower = followers.enter(stream)
    with pytest.raises(OverloadedError):
        await followers.settled(stream)
    assert follower.told is None


async def test_a_stream_whose_look_failed_has_its_place_after_the_next_check(followers, stream):
    look, followers.source.extents = followers.source.extents, away
    follower = followers.enter(stream)
    await until(lambda: followers._search._task is None)
    followers.source.extents = look
    followers.check()
    await until(lambda: follower.told == 0)


async def test_a_wake_finds_what_no_bell_told_of(followers, member, pad, stream):
    await in_database(stored, pad, 3)
    followers.wake()
    await until(lambda: member.seqs() == [1, 2, 3])


async def test_the_check_finds_what_no_bell_and_no_wake_told_of(monkeypatch, bus, pad, stream):
    monkeypatch.setattr(module, "CHECK", 0.05)
    followers = new_followers(bus)
    member = await join(followers, stream)
    await in_database(stored, pad, 3)
    await until(lambda: member.seqs() == [1, 2, 3])


async def test_more_than_a_page_is_caught_up_with(bus, followers, member, pad, stream):
    await in_database(stored, pad, 1200)
    followers.wake()
    await until(lambda: len(member.seqs()) == 1200)
    assert member.seqs() == list(range(1, 1201))


async def test_more_than_can_be_held_is_caught_up_with(bus, followers, member, pad, stream):
    events = await in_database(stored, pad, 2100)
    bus.publish(events[1:])
    await until(lambda: len(member.seqs()) == 2100)
    assert member.seqs() == list(range(1, 2101))


def test_a_loop_that_closes_as_it_is_told_keeps_no_other_from_hearing(monkeypatch):
    loop = asyncio.new_event_loop()
    followers = Followers(Hub(loop), DatabaseSource())
    loop.close()
    monkeypatch.setattr(loop, "is_closed", lambda: False)  # as it was a moment ago
    followers.wake()


async def test_many_wakes_at_once_ask_the_table_a_few_times(followers, member, stream):
    asked, look = [], followers.source.extents
    followers.source.extents = lambda streams: asked.append(1) or look(streams)
    for _ in range(500):
        followers.wake()
    await until(lambda: bool(asked) and not followers._comparing)
    assert len(asked) < 20


async def test_a_look_that_takes_long_is_followed_by_a_longer_rest(followers, pad, stream):
    looks: list[float] = []
    look_really = followers.source.extents

    async def look(streams):
        looks.append(time.monotonic())
        await asyncio.sleep(0.05)
        return await look_really(streams)

    await join(followers, stream)
    followers.source.extents = look
    followers.wake()
    await until(lambda: len(looks) == 1)
    followers.wake()
    await until(lambda: len(looks) == 2)
    assert looks[1] - looks[0] > 0.4, "nine times the 50 ms that it took"
    assert looks[1] - looks[0] < module.CHECK, "and it is no look that comes in any case"


async def test_a_stream_without_members_is_nobodys_concern(bus, followers, member, pad, stream):
    followers.hub.leave(group_of(stream), member)
    followers.leave(stream)
    bus.publish(await in_database(stored, pad, 2))
    other = new_name()
    marker = await join(followers, f"pad:{other}")
    bus.publish(await in_database(stored, other, 1))
    await until(lambda: marker.seqs() == [1])
    assert followers.find(stream) is None
    assert member.seqs() == []


async def test_a_member_that_comes_back_hears_what_is_stored_from_then_on(
    bus, followers, pad, stream
):
    first = await join(followers, stream)
    bus.publish(await in_database(stored, pad, 2))
    await until(lambda: first.seqs() == [1, 2])
    followers.leave(stream)
    bus.publish(await in_database(stored, pad, 1))
    second = await join(followers, stream)
    bus.publish(await in_database(stored, pad, 1))
    await until(lambda: second.seqs() == [4])


async def test_what_was_pruned_before_it_was_told_sends_the_members_to_a_snapshot(
    bus, member, pad, stream, caplog
):
    events = await in_database(stored, pad, 5)
    await in_database(Line.objects.filter(name=pad, seq__lt=5).delete)
    bus.publish(events[4:])
    await until(lambda: member.goodbye is TRY_LATER)
    assert f"members_sent_away stream={stream}" in caplog.text


async def test_nothing_after_what_was_pruned_is_told_before_the_members_go(
    bus, followers, member, pad, stream
):
    events = await in_database(stored, pad, 5)
    (struck,) = await in_database(put, [strike(pad, 5)])
    await in_database(Line.objects.filter(name=pad, seq__lt=5).delete)
    bus.publish([events[4], event_of(struck)])
    await until(lambda: member.goodbye is TRY_LATER)
    assert member.seqs() == []


async def test_rows_of_another_numbering_are_not_told(bus, followers, member, pad, stream):
    bus.publish(await in_database(stored, pad, 3))
    events, read = await in_database(stored, pad, 2), followers.source.read

    async def read_late(*asked):
        await in_database(Stream.objects.filter(name=stream).update, epoch="another")
        return await read(*asked)

    followers.source.read = read_late
    bus.publish(events[1:])
    await until(lambda: member.goodbye is TRY_LATER)
    assert member.seqs() == [1, 2, 3]


async def test_a_lost_numbering_sends_the_members_away_and_begins_anew(
    bus, followers, member, pad, stream
):
    bus.publish(await in_database(stored, pad, 3))
    await until(lambda: member.seqs() == [1, 2, 3])
    await in_database(Line.objects.filter(name=pad).delete)
    await in_database(Stream.objects.filter(name=stream).delete)
    bus.publish(await in_database(stored, pad, 2))
    await until(lambda: member.goodbye is TRY_LATER)
    later = await join(followers, stream)
    bus.publish(await in_database(stored, pad, 1))
    await until(lambda: later.seqs() == [3])


async def test_late_bells_of_a_lost_numbering_disturb_nobody(bus, followers, pad, stream):
    await in_database(stored, pad, 2)
    followers.enter(stream)
    followers.take([Event(stream, "old", seq, b"never") for seq in (40, 41)])
    member = await join(followers, stream)
    followers.take([Event(stream, "old", seq, b"never") for seq in (3, 42)])
    bus.publish(await in_database(stored, pad, 2))
    await until(lambda: member.seqs() == [3, 4])
    assert member.goodbye is None
    assert b"never" not in b"".join(member.wire)
    assert followers.find(stream).newest == 4


@pytest.mark.parametrize("seed", range(8))
async def test_a_bus_that_lies_costs_the_members_nothing(monkeypatch, pad, stream, seed):
    monkeypatch.setattr(module, "GRACE", 0.005)
    monkeypatch.setattr(module, "CHECK", 0.2)
    bus = LyingBus(Random(seed), loss=0.3, repeat=0.3, eager=True)
    followers = new_followers(bus)
    member = await join(followers, stream)
    random = Random(seed)
    for _ in range(40):
        bus.publish(await in_database(stored, pad, random.randint(1, 5)))
    await until(lambda: followers.find(stream).newest > 0)
    last = (await Stream.objects.aget(name=stream)).last_seq
    await until(lambda: len(member.seqs()) >= last)
    assert member.seqs() == list(range(1, last + 1)), f"seed {seed}"
