"""From a snapshot to live: nothing lost, nothing twice, whatever happens while it is read."""

import asyncio
from contextlib import suppress
from functools import partial
from random import Random
from threading import Event as Gate

import pytest
from django.db import OperationalError, transaction
from django.db.models import F

from hubbub.bus.base import Event
from hubbub.bus.memory import MemoryBus
from hubbub.chat.models import Message
from hubbub.chat.rooms import room_group
from hubbub.chat.table import Draft, chat_table
from hubbub.crossing import in_database
from hubbub.fanout.dialect import EXTENDED, PLAIN
from hubbub.journal import attach as attaching
from hubbub.journal import followers as nodes
from hubbub.journal.attach import Hold, Snapshot, attach
from hubbub.journal.entry import Entry
from hubbub.journal.models import Stream
from hubbub.journal.process import event_of
from hubbub.streams.opening import Opening
from hubbub.testing.lying import LyingBus
from hubbub.wire.closes import NO_SNAPSHOT
from tests.journal.entries import new_room, put, say, texts
from tests.journal.members import Member, join, new_node, until

pytestmark = pytest.mark.django_db(transaction=True)
LAST = Opening(history=200, since=None, epoch=None)


class Room:
    """A room with a node of its own."""

    def __init__(self, bus) -> None:
        self.name = new_room()
        self.stream = f"chat:{self.name}"
        self.bus = bus
        self.node = new_node(bus)

    async def store(self, *messages: str, ring: bool = True) -> list[Event]:
        return await self.store_all([say(self.name, text) for text in messages], ring=ring)

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
        self.node.enter(self.stream)
        read = partial(in_database, read or partial(opening.read, self.stream))
        member.live = await attach(
            self.node,
            member,
            {self.stream: room_group(self.name)},
            partial(self.node.reads.share, opening, read),
            ready,
            budget=budget,
            dialect=dialect,
        )
        return member


@pytest.fixture
async def room():
    return Room(MemoryBus())


def said(member) -> dict[int, str | None]:
    """What a member knows of a room: the snapshot, and what came after it."""
    known: dict[int, str | None] = {}
    for frame in member.frames():
        for message in frame.get("messages", [frame]):
            if message["type"] == "chat_message":
                known[message["seq"]] = None if message.get("deleted") else message["message"]
            elif message["type"] == "message_deleted":
                known[message["deleted"]] = None
    return known


class Slow:
    """A snapshot that takes as long as the test says: before it is read, or after."""

    def __init__(self, room, opening=LAST) -> None:
        self.reading, self.gate = Gate(), Gate()
        self.read = partial(opening.read, room.stream)

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


async def test_a_snapshot_then_what_follows(room):
    await room.store("a", "b")
    member = await room.enter()
    await room.store("c")
    await until(lambda: len(said(member)) == 3)
    assert said(member) == {1: "a", 2: "b", 3: "c"}
    assert [frame["type"] for frame in member.frames()] == ["history", "chat_message"]


@pytest.mark.parametrize("way", ["first", "last"])
async def test_what_is_told_while_the_snapshot_is_read_comes_once(room, way):
    await room.store("a")
    slow = Slow(room, Opening(history=None, since=0, epoch=None))
    entering = asyncio.create_task(room.enter(read=getattr(slow, way)))
    await until(slow.reading.is_set)
    await room.store("b", "c")
    await until(lambda: room.node.find(room.stream).told == 3)
    slow.gate.set()
    member = await entering
    await room.store("d")
    await until(lambda: len(member.seqs()) >= 4)
    assert member.seqs() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("dialect", "wanted"),
    [
        (PLAIN, [{"type": "chat_message"}]),
        (EXTENDED, [{"type": "message_deleted"}, {"type": "chat_message"}]),
    ],
)
async def test_what_is_told_meanwhile_is_told_as_the_member_is_going_to_be_told(
    room, dialect, wanted
):
    await room.store("a")
    slow = Slow(room)
    entering = asyncio.create_task(room.enter(read=slow.first, dialect=dialect))
    await until(slow.reading.is_set)
    await room.store_all([Entry(chat_table, room.stream, Draft("", "", "now", deletes=1))])
    await room.store("b")
    await until(lambda: room.node.find(room.stream).told == 3)
    slow.gate.set()
    member = await entering
    frames = member.frames()[1:]
    assert [{key: one[key] for key in ("type", "stream") if key in one} for one in frames] == wanted
    await room.store("c")
    await until(lambda: len(member.frames()) == len(wanted) + 2)
    assert member.frames()[-1].get("stream") == wanted[-1].get("stream")


async def test_who_comes_while_another_s_snapshot_is_read_misses_nothing(room):
    await room.store("a")
    slow = Slow(room)
    early = asyncio.create_task(room.enter(read=slow.first))
    await until(slow.reading.is_set)
    await room.store("b")
    await until(lambda: room.node.find(room.stream).told == 2)
    late = [asyncio.create_task(room.enter()) for _ in range(2)]
    await asyncio.sleep(0)
    slow.gate.set()
    for member in await asyncio.gather(early, *late):
        assert said(member) == {1: "a", 2: "b"}


async def test_what_the_snapshot_has_and_no_bell_told_of_yet_comes_once(room):
    await room.store("a")
    await asyncio.sleep(0)  # its bell has rung
    first = await join(room.node, room.stream, room_group(room.name))
    late = await room.store("b", "c", ring=False)
    member = await room.enter(Opening(history=None, since=0, epoch=None))
    room.bus.publish(late)
    await room.store("d")
    await until(lambda: len(member.seqs()) >= 4)
    assert member.seqs() == [1, 2, 3, 4]
    await until(lambda: first.seqs() == [2, 3, 4])


async def test_the_first_event_of_a_stream_that_no_bell_told_of_is_told_before_a_snapshot_has_it(
    room,
):
    first = await join(room.node, room.stream, room_group(room.name))
    epoch = room.node.find(room.stream).epoch
    (event,) = await room.store("a", ring=False)
    await room.enter(Opening(history=None, since=0, epoch=None))
    assert first.seqs() == [1]
    assert room.node.find(room.stream).epoch == event.epoch == epoch


async def test_an_event_of_another_process_between_the_place_and_the_snapshot_is_not_lost(room):
    """Were the snapshot read first, it would end before the event, and the place be after it."""
    await room.store("a", "b")
    gate, look = asyncio.Event(), room.node.source.extents

    async def look_late(streams):
        await gate.wait()
        return await look(streams)

    room.node.source.extents = look_late
    slow = Slow(room)
    entering = asyncio.create_task(room.enter(read=slow.first))
    with suppress(TimeoutError):  # it waits for the place
        await until(slow.reading.is_set, seconds=0.2)
    await room.store("c", ring=False)
    gate.set()
    slow.gate.set()
    member = await entering
    await room.store("d")
    await until(lambda: 4 in said(member))
    assert said(member) == {1: "a", 2: "b", 3: "c", 4: "d"}


async def test_what_is_told_in_the_turn_in_which_a_member_joins_reaches_it(monkeypatch, room):
    await join(room.node, room.stream, room_group(room.name))
    late, reach = await room.store("a", ring=False), attaching.reach

    async def reach_and_tell(node, stream, seq):
        await reach(node, stream, seq)
        node.take(late)

    monkeypatch.setattr(attaching, "reach", reach_and_tell)
    member = await room.enter(read=lambda: Snapshot(b"", {room.stream: 0}, {}))
    await room.store("b")
    await until(lambda: 2 in member.seqs())
    assert member.seqs() == [1, 2]


async def test_one_who_resumes_gets_just_what_was_missed(room):
    await room.store("a", "b", "c", "d")
    epoch = (await room.enter()).frames()[0]["epoch"]
    for since in range(5):
        member = await room.enter(Opening(None, since, epoch))
        assert member.frames()[0] == {
            "type": "recovery",
            "recovered": True,
            "seq": 4,
            "epoch": epoch,
            "missed": 4 - since,
        }
        assert member.seqs() == list(range(since + 1, 5))


@pytest.mark.parametrize(("since", "epoch"), [(5, None), (2, "other"), (0, "other")])
async def test_one_who_cannot_be_told_all_is_told_so_and_nothing_else(room, since, epoch):
    await room.store("a", "b", "c", "d")
    member = await room.enter(Opening(None, since, epoch))
    (recovery,) = member.frames()
    assert (recovery["type"], recovery["recovered"]) == ("recovery", False)
    await room.store("e")
    await until(lambda: member.seqs() == [5])


async def test_more_than_three_hundred_missed_are_not_told(room):
    await room.store(*(str(number) for number in range(301)))
    assert (await room.enter(Opening(None, 1, None))).frames()[0]["missed"] == 300
    assert (await room.enter(Opening(None, 0, None))).frames()[0]["recovered"] is False


async def test_one_who_knows_an_empty_room_resumes_when_it_is_no_more(room):
    epoch = (await room.enter()).frames()[0]["epoch"]
    events = await room.store("a", "b")
    assert {event.epoch for event in events} == {epoch}
    for since in (0, 1):
        member = await room.enter(Opening(None, since, epoch))
        assert member.frames()[0]["recovered"] is True
        assert member.seqs() == list(range(since + 1, 3))


async def test_one_who_left_meanwhile_gets_nothing(room):
    await room.store("a")
    member = await room.enter(ready=lambda: False)
    await room.store("b")
    later = await room.enter()
    await room.store("c")
    await until(lambda: said(later) == {1: "a", 2: "b", 3: "c"})
    assert member.live
    assert member.wire == []


async def test_more_than_the_budget_meanwhile_is_too_slow(room):
    slow = Slow(room)
    entering = asyncio.create_task(room.enter(read=slow.first, budget=5000))
    await until(slow.reading.is_set)
    await room.store(*("x" * 900 for _ in range(10)))
    await until(lambda: room.node.find(room.stream).told == 10)
    slow.gate.set()
    member = await entering
    assert not member.live
    assert member.wire == []
    assert room.node.hub.size(room_group(room.name)) == 0


async def test_more_events_than_the_budget_meanwhile_are_too_many_though_they_tell_nothing(room):
    hold = Hold(Member(), PLAIN, budget=10 * attaching.SILENT)
    room.node.hub.hold(["room"], hold)
    deletions = [Event(room.stream, "k3f9", seq, b"gone", added=True) for seq in range(1, 12)]
    for event in deletions[:10]:
        room.node.hub.tell("room", event)
    room.node.hub.flush()
    assert not hold.overflowed
    room.node.hub.tell("room", deletions[10])
    room.node.hub.flush()
    assert hold.overflowed


async def test_while_the_database_is_away_the_member_is_asked_to_come_again(room):
    def away():
        raise OperationalError("away")

    member = await room.enter(read=away)
    assert not member.live
    assert (member.goodbye.code, member.goodbye.reason) == (1013, "try again later")
    assert room.node.hub.size(room_group(room.name)) == 0


@pytest.mark.parametrize("seed", range(6))
async def test_a_snapshot_and_the_events_after_it_are_the_later_snapshot(monkeypatch, seed):
    monkeypatch.setattr(nodes, "GRACE", 0.002)
    monkeypatch.setattr(nodes, "CHECK", 0.1)
    monkeypatch.setattr(attaching, "PATIENCE", 0.02)
    random = Random(seed)
    room = Room(LyingBus(random, eager=True))
    members, messages, total = [], [], 0
    for number in range(40):
        doing = random.random()
        if doing < 0.6 or not messages:
            count = random.randint(1, 4)
            messages += range(total + 1, total + count + 1)
            await room.store(*(f"{number}.{index}" for index in range(count)))
            total += count
        elif doing < 0.75:
            gone = messages.pop(random.randrange(len(messages)))
            draft = Draft("", "", "now", deletes=gone)
            await room.store_all([Entry(chat_table, room.stream, draft)])
            total += 1
        else:
            members.append(await room.enter())
    await room.store("the end")
    final = said(await room.enter())
    assert "the end" in final.values()
    await until(lambda: all("the end" in said(member).values() for member in members))
    for member in members:
        assert said(member) == final, f"seed {seed}"
    stored = await in_database(texts, room.name)
    assert {seq for seq, _ in stored} >= final.keys()


async def test_a_snapshot_of_what_was_lost_since_is_not_followed_by_what_came_in_its_place(room):
    await room.store("a")

    def read():
        put([say(room.name, "lost")])
        snapshot = LAST.read(room.stream)
        with transaction.atomic():
            Message.objects.filter(name=room.name, seq=2).delete()
            Stream.objects.filter(name=room.stream).update(last_seq=1, last_mark=F("mark_before"))
        put([say(room.name, "another")])
        return snapshot

    member = await room.enter(read=read)
    assert member.goodbye is NO_SNAPSHOT
    assert member.frames() == []
