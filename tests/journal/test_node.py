"""A node tells each member every event once and in order, whatever the bus and others do."""

import asyncio
import time
from random import Random

import pytest
from django.db import OperationalError

from hubbub.bus.base import Event
from hubbub.bus.memory import MemoryBus
from hubbub.chat.rooms import room_group
from hubbub.crossing import in_database
from hubbub.journal import node as nodes
from hubbub.journal.models import Stream
from hubbub.journal.node import Node
from hubbub.wire.closes import TRY_LATER
from tests.bus.lying import LyingBus
from tests.journal.entries import new_room, put, say
from tests.journal.members import join, new_node, settled, until

pytestmark = pytest.mark.django_db(transaction=True)


def stored(room: str, number: int) -> list[Event]:
    """Store events, and make the doorbells that tell of them."""
    entries = [say(room, f"hello {index}") for index in range(number)]
    return [Event(one.entry.stream, one.epoch, one.seq, one.frame) for one in put(entries)]


async def away(_):
    """The table's answer while the database is away."""
    raise OperationalError("away")


@pytest.fixture
def room() -> str:
    return new_room()


@pytest.fixture
def stream(room) -> str:
    return f"chat:{room}"


@pytest.fixture
def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
async def node(bus) -> Node:
    return new_node(bus)


@pytest.fixture
def member(node, room, stream):
    return join(node, stream, room_group(room))


async def test_members_hear_what_the_bell_brings(bus, node, member, room):
    bus.publish(await in_database(stored, room, 3))
    await until(lambda: member.seqs() == [1, 2, 3])


async def test_a_lost_bell_is_made_good_by_the_next_one(bus, node, member, room, stream):
    await settled(node, stream)
    events = await in_database(stored, room, 4)
    bus.publish(events[:1])
    bus.publish(events[3:])
    await until(lambda: member.seqs() == [1, 2, 3, 4])


async def test_bells_that_are_late_bring_nothing_twice(bus, node, member, room, stream):
    await settled(node, stream)
    events = await in_database(stored, room, 4)
    bus.publish(events[3:])
    await until(lambda: member.seqs() == [1, 2, 3, 4])
    bus.publish(events[:3])
    bus.publish(await in_database(stored, room, 1))
    await until(lambda: 5 in member.seqs())
    assert member.seqs() == [1, 2, 3, 4, 5]


async def test_bells_out_of_order_are_told_in_order(bus, node, member, room, stream):
    await settled(node, stream)
    events = await in_database(stored, room, 20)
    Random(3).shuffle(events)
    for event in events:
        bus.publish([event])
    await until(lambda: len(member.seqs()) == 20)
    assert member.seqs() == list(range(1, 21))


async def test_bells_lost_while_the_place_is_looked_up_are_made_good_soon(node, room, stream):
    events = await in_database(stored, room, 5)
    member = join(node, stream, room_group(room))
    node.take([events[1], events[4]])  # no bell of 3 and 4 ever rings
    await until(lambda: 5 in member.seqs(), seconds=nodes.CHECK / 2)
    assert member.seqs() == [2, 3, 4, 5]


async def test_an_event_seen_by_the_first_look_before_its_bell_came_is_told(
    monkeypatch, node, room, stream
):
    monkeypatch.setattr(nodes, "ON_ITS_WAY", 0.5)
    committed, looked, look = asyncio.Event(), asyncio.Event(), node.table.positions

    async def look_after_the_commit(streams):
        await committed.wait()
        answer = await look(streams)
        looked.set()
        return answer

    node.table.positions = look_after_the_commit
    member = join(node, stream, room_group(room))
    bells = await in_database(stored, room, 1)
    committed.set()
    await looked.wait()
    node.take(bells)
    await until(lambda: member.seqs() == [1])


async def test_who_waits_for_a_place_goes_on_when_it_is_known(node, room, stream):
    cursor = node.watch(stream)
    assert cursor.told is None
    await node.settled(stream)
    assert cursor.told == 0
    await node.settled(stream)


async def test_who_waits_for_a_place_gives_up_while_the_database_is_away(
    monkeypatch, node, room, stream
):
    node.table.positions = away
    monkeypatch.setattr(nodes, "SETTLE", 0.01)
    cursor = node.watch(stream)
    await node.settled(stream)
    assert cursor.told is None


async def test_a_wake_finds_what_no_bell_told_of(node, member, room, stream):
    await settled(node, stream)
    await in_database(stored, room, 3)
    node.wake()
    await until(lambda: member.seqs() == [1, 2, 3])


async def test_the_check_finds_what_no_bell_and_no_wake_told_of(monkeypatch, bus, room, stream):
    monkeypatch.setattr(nodes, "CHECK", 0.05)
    node = new_node(bus)
    member = join(node, stream, room_group(room))
    await settled(node, stream)
    await in_database(stored, room, 3)
    await until(lambda: member.seqs() == [1, 2, 3])


async def test_more_than_a_page_is_caught_up_with(bus, node, member, room, stream):
    await settled(node, stream)
    await in_database(stored, room, 1200)
    node.wake()
    await until(lambda: len(member.seqs()) == 1200)
    assert member.seqs() == list(range(1, 1201))


async def test_more_than_can_be_held_is_caught_up_with(bus, node, member, room, stream):
    await settled(node, stream)
    events = await in_database(stored, room, 2100)
    bus.publish(events[1:])
    await until(lambda: len(member.seqs()) == 2100)
    assert member.seqs() == list(range(1, 2101))


async def test_many_wakes_at_once_ask_the_table_a_few_times(node, member, stream):
    await settled(node, stream)
    asked, look = [], node.table.positions
    node.table.positions = lambda streams: asked.append(1) or look(streams)
    for _ in range(500):
        node.wake()
    await until(lambda: bool(asked))
    await asyncio.sleep(0.1)
    assert len(asked) < 20


async def test_a_look_that_takes_long_is_followed_by_a_longer_rest(node, room, stream):
    looks: list[float] = []

    async def look(_):
        looks.append(time.monotonic())
        await asyncio.sleep(0.05)
        return {}

    join(node, stream, room_group(room))
    await settled(node, stream)
    node.table.positions = look
    node.wake()
    await until(lambda: len(looks) == 1)
    node.wake()
    await until(lambda: len(looks) == 2)
    assert looks[1] - looks[0] > 0.4, "nine times the 50 ms that it took"


async def test_who_comes_while_the_database_is_away_is_sent_to_come_again(node, room, stream):
    node.table.positions = away
    member = join(node, stream, room_group(room))
    await until(lambda: member.goodbye is TRY_LATER)


async def test_who_comes_when_it_is_back_pays_for_nobody_who_came_before(bus, node, room, stream):
    answers, look = [OperationalError("away")], node.table.positions

    async def away_once(streams):
        if answers:
            raise answers.pop()
        return await look(streams)

    node.table.positions = away_once
    join(node, stream, room_group(room))
    await until(lambda: not answers)
    node.unwatch(stream)
    member = join(node, stream, room_group(room))
    bus.publish(await in_database(stored, room, 1))
    await until(lambda: member.seqs() == [1])
    await asyncio.sleep(2 * nodes.ON_ITS_WAY)
    assert member.goodbye is None


async def test_a_stream_without_members_is_nobodys_concern(bus, node, member, room, stream):
    node.hub.leave(room_group(room), member)
    node.unwatch(stream)
    bus.publish(await in_database(stored, room, 2))
    await asyncio.sleep(0.05)
    assert node.cursor(stream) is None
    assert member.seqs() == []


async def test_a_member_that_comes_back_hears_what_is_stored_from_then_on(bus, node, room, stream):
    first = join(node, stream, room_group(room))
    bus.publish(await in_database(stored, room, 2))
    await until(lambda: first.seqs() == [1, 2])
    node.unwatch(stream)
    bus.publish(await in_database(stored, room, 1))
    await asyncio.sleep(0)
    second = join(node, stream, room_group(room))
    await settled(node, stream)
    bus.publish(await in_database(stored, room, 1))
    await until(lambda: second.seqs() == [4])


async def test_what_was_pruned_before_it_was_told_sends_the_members_to_a_snapshot(
    bus, node, member, room, stream
):
    from hubbub.chat.models import Message

    await settled(node, stream)
    events = await in_database(stored, room, 5)
    await in_database(Message.objects.filter(room=room, seq__lt=5).delete)
    bus.publish(events[4:])
    await until(lambda: member.goodbye is TRY_LATER)


async def test_a_lost_numbering_sends_the_members_away_and_begins_anew(
    bus, node, member, room, stream
):
    from hubbub.chat.models import Message

    bus.publish(await in_database(stored, room, 3))
    await until(lambda: member.seqs() == [1, 2, 3])
    await in_database(Message.objects.filter(room=room).delete)
    await in_database(Stream.objects.filter(name=stream).delete)
    bus.publish(await in_database(stored, room, 2))
    await until(lambda: member.goodbye is TRY_LATER)
    await settled(node, stream)
    later = join(node, stream, room_group(room))
    bus.publish(await in_database(stored, room, 1))
    await until(lambda: 3 in later.seqs())


async def test_late_bells_of_a_lost_numbering_disturb_nobody(bus, node, room, stream):
    await in_database(stored, room, 2)
    member = join(node, stream, room_group(room))
    node.take([Event(stream, "old", seq, b"never") for seq in (40, 41)])
    await settled(node, stream)
    bus.publish(await in_database(stored, room, 2))
    await until(lambda: member.seqs() == [3, 4])
    assert b"never" not in b"".join(member.wire)
    assert node.cursor(stream).newest == 4


@pytest.mark.parametrize("seed", range(8))
async def test_a_bus_that_lies_costs_the_members_nothing(monkeypatch, room, stream, seed):
    monkeypatch.setattr(nodes, "GRACE", 0.005)
    monkeypatch.setattr(nodes, "CHECK", 0.2)
    bus = LyingBus(Random(seed), loss=0.3, repeat=0.3, eager=True)
    node = new_node(bus)
    member = join(node, stream, room_group(room))
    await settled(node, stream)
    random = Random(seed)
    for _ in range(40):
        bus.publish(await in_database(stored, room, random.randint(1, 5)))
    await until(lambda: node.cursor(stream).newest > 0)
    last = (await Stream.objects.aget(name=stream)).last_seq
    await until(lambda: len(member.seqs()) >= last)
    assert member.seqs() == list(range(1, last + 1)), f"seed {seed}"
