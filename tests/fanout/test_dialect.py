"""Members of one group who are told in different ways: in one order, each what it knows."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.bus.base import Event
from hubbub.fanout.dialect import EXTENDED, PLAIN
from hubbub.fanout.frame import make_frame, read_texts, tag_frames
from hubbub.fanout.hub import Hub
from hubbub.wire.closes import INTERNAL_ERROR

DIALECTS = (PLAIN, EXTENDED)


class Member:
    """An outlet that notes what is written to it."""

    def __init__(self):
        self.writes = []
        self.goodbye = None

    def write(self, data):
        self.writes.append(data)

    def close(self, close):
        self.goodbye = close

    def frames(self):
        return [json.loads(text) for text in read_texts(b"".join(self.writes))]

    def numbers(self):
        return [frame["n"] for frame in self.frames()]


class Hold:
    """A member that is catching up."""

    def __init__(self, dialect):
        self.dialect = dialect

    def keep(self, parcel):
        """Keep nothing."""


def frame(number):
    return make_frame(b'{"n":%d}' % number)


def told(number, *, added=False):
    return Event("chat:a", "k3f9", number, frame(number), added=added)


@pytest.fixture
async def hub():
    return Hub(asyncio.get_running_loop())


@pytest.fixture
async def room(hub):
    """A plain member and two extended ones in one group."""
    members = [Member() for _ in range(3)]
    for member, dialect in zip(members, (PLAIN, EXTENDED, EXTENDED), strict=True):
        hub.join("room", member, dialect)
    return members


#: What is done, with which of the groups, and which of a group's six members is named in it.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["publish", "added", "skip", "added and skip", "tell", "tell added"])
        | st.sampled_from(["silence", "answer", "flush", "turn", "extend"]),
        st.sampled_from("ab"),
        st.integers(0, 5),
    ),
    max_size=40,
)


class Room:
    """A group with three members of each dialect, and what each of them has to be told."""

    def __init__(self, hub, group):
        self.hub, self.group = hub, group
        self.members = [Member() for _ in range(6)]
        self.dialects = [DIALECTS[index // 3] for index in range(6)]
        self.wanted = [[] for _ in range(6)]
        for index in range(6):
            self.join(index)

    def join(self, index):
        self.hub.join(self.group, self.members[index], self.dialects[index])

    def want(self, number, *, added=False, skip=None):
        for index, dialect in enumerate(self.dialects):
            if index != skip and (dialect.added or not added):
                self.wanted[index].append(number)

    def do(self, what, index, number):
        added, skip = "added" in what, "skip" in what
        if what.startswith("tell"):
            self.hub.tell(self.group, told(number, added=added))
        elif what == "silence":
            self.hub.tell(self.group, told(number), b"")
            return
        else:
            named = self.members[index] if skip else None
            self.hub.publish(self.group, frame(number), added=added, skip=named)
        self.want(number, added=added, skip=index if skip else None)

    def extend(self, index):
        if self.dialects[index] is PLAIN:
            self.dialects[index] = EXTENDED
            self.join(index)


@given(STEPS)
def test_members_of_every_dialect_are_told_in_the_order_of_publishing(steps):
    async def run():
        hub = Hub(asyncio.get_running_loop())
        rooms, answered = {group: Room(hub, group) for group in "ab"}, {}
        for number, (what, group, index) in enumerate(steps):
            if what == "flush":
                hub.flush()
            elif what == "turn":
                await asyncio.sleep(0)
            elif what == "extend":
                rooms[group].extend(index)
            elif what == "answer":
                hub.answer(rooms[group].members[index], make_frame(b'{"answer":%d}' % number))
                answered.setdefault((group, index), []).append(number)
            else:
                rooms[group].do(what, index, number)
        hub.flush()
        return rooms, answered

    rooms, answered = asyncio.run(run())
    for group, room in rooms.items():
        for index, member in enumerate(room.members):
            frames = member.frames()
            answers = [one["answer"] for one in frames if "answer" in one]
            events = [one for one in frames if "n" in one]
            assert answers == answered.get((group, index), [])
            assert [one["n"] for one in events] == room.wanted[index]


async def test_what_is_added_is_for_those_who_know_of_it(hub, room):
    hub.publish("room", frame(1))
    hub.publish("room", frame(2), added=True)
    hub.tell("room", told(3, added=True))
    hub.tell("room", told(4))
    hub.flush()
    assert [member.numbers() for member in room] == [[1, 4], [1, 2, 3, 4], [1, 2, 3, 4]]


async def test_a_turn_is_one_write_a_member_whatever_is_in_it(hub, room):
    for number, added in enumerate((False, True, False, True)):
        hub.publish("room", frame(number), added=added)
    hub.publish("room", frame(4), added=True, skip=room[1])
    hub.flush()
    assert [len(member.writes) for member in room] == [1, 1, 1]
    assert [member.numbers() for member in room] == [[0, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4]]


async def test_what_plain_and_extended_members_get_alike_is_joined_once(hub):
    members = [Member() for _ in range(4)]
    for member in members:
        hub.join("room", member, EXTENDED if member in members[:2] else PLAIN)
    hub.publish("room", frame(1))
    hub.publish("room", frame(2))
    hub.flush()
    assert len({id(data) for member in members for data in member.writes}) == 1


async def test_an_answer_comes_in_the_same_write_behind_what_the_groups_get(hub, room):
    for member in room:
        hub.answer(member, make_frame(b'{"n":0}'))
    hub.publish("room", frame(1))
    hub.flush()
    assert [(len(member.writes), member.numbers()) for member in room] == [(1, [1, 0])] * 3


async def test_who_joins_again_is_told_in_the_other_dialect_from_then_on(hub):
    member = Member()
    for number, dialect in enumerate((PLAIN, EXTENDED, EXTENDED, PLAIN)):
        hub.join("room", member, dialect)
        hub.publish("room", frame(number), added=True)
    hub.publish("room", frame(4))
    hub.flush()
    assert member.frames() == [{"n": 1}, {"n": 2}, {"n": 4}]
    assert hub.size("room") == 1


async def test_who_leaves_is_told_no_more_and_nothing_is_left_of_it(hub, room):
    for member in room:
        hub.leave("room", member)
    hub.publish("room", frame(1))
    hub.publish("room", frame(2), added=True)
    hub.flush()
    assert [member.writes for member in room] == [[], [], []]
    assert hub._groups.members == {}


async def test_a_goodbye_is_for_members_of_every_dialect(hub, room):
    hub.close("room", INTERNAL_ERROR)
    assert {member.goodbye for member in room} == {INTERNAL_ERROR}


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_it_is_known_whether_anybody_would_hear_what_is_added(hub, dialect):
    assert not hub.has_extended("room")
    member, hold = Member(), Hold(dialect)
    hub.hold(["room"], hold)
    assert hub.has_extended("room") is dialect.added
    hub.release(["room"], hold)
    hub.join("room", member, dialect)
    assert hub.has_extended("room") is dialect.added
    hub.leave("room", member)
    assert not hub.has_extended("room")


@pytest.mark.parametrize("size", [0, 100, 125, 126, 65_500, 70_000])
def test_a_tag_comes_before_the_other_keys_of_a_frame_of_any_size(size):
    payload = json.dumps({"text": "x" * size})
    (text,) = read_texts(tag_frames(make_frame(payload.encode()), rb'{"stream":"a\"b",'))
    assert json.loads(text) == {"stream": 'a"b', "text": "x" * size}
