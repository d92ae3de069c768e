import asyncio
from collections import deque
from threading import Event as Gate
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.bus.base import Event
from hubbub.errors import OverloadedError
from hubbub.fanout import hub as hubs
from hubbub.fanout.hub import Hub, has_hub, local_hub, publish
from hubbub.fanout.writing import give_up
from hubbub.wire.closes import INTERNAL_ERROR

SOON = 10


class Member:
    """An outlet that notes what is written to it; `then` happens at each write."""

    def __init__(self, then=lambda: None):
        self.writes = []
        self.then = then
        self.goodbye = None

    def write(self, data):
        self.writes.append(data)
        self.then()

    def close(self, close):
        self.goodbye = close

    @property
    def said(self):
        return b"".join(self.writes)


@pytest.fixture
async def hub(monkeypatch):
    """The hub of the test's own loop, and no other."""
    monkeypatch.setattr(hubs.hubs, "_all", ())
    return local_hub()


async def turns(hub):
    """Let the loop go round until everything published is written."""
    await until(lambda: not hub._armed)


async def until(done):
    """Let the loop go round until something is so."""
    while not done():  # noqa: ASYNC110 - the turns of the loop are what matters here
        await asyncio.sleep(0)


async def test_every_member_gets_a_frame_and_nobody_else(hub):
    here, there = [Member(), Member()], Member()
    for member in here:
        hub.join("room", member)
    hub.join("other", there)
    publish("room", b"frame")
    await turns(hub)
    assert [member.writes for member in (*here, there)] == [[b"frame"], [b"frame"], []]


async def test_the_frames_of_one_turn_leave_in_one_write_in_order(hub):
    member = Member()
    hub.join("room", member)
    for frame in (b"1", b"2", b"3"):
        publish("room", frame)
    await turns(hub)
    publish("room", b"4")
    await turns(hub)
    assert member.writes == [b"123", b"4"]


async def test_publishing_writes_nothing_by_itself(hub):
    member = Member()
    hub.join("room", member)
    publish("room", b"frame")
    assert not member.writes


async def test_whoever_joins_gets_nothing_from_before(hub):
    early, late = Member(), Member()
    hub.join("room", early)
    publish("room", b"before")
    hub.join("room", late)
    publish("room", b"after")
    await turns(hub)
    assert (early.said, late.said) == (b"beforeafter", b"after")


async def test_whoever_left_gets_nothing_more(hub):
    member, other = Member(), Member()
    hub.join("room", member)
    hub.join("room", other)
    publish("room", b"frame")
    hub.leave("room", member)
    await turns(hub)
    assert (member.said, other.said) == (b"", b"frame")


async def test_leaving_twice_or_what_one_is_not_in_is_no_error(hub):
    member = Member()
    hub.join("room", member)
    hub.leave("room", Member())
    for _ in range(2):
        hub.leave("room", member)
    assert hub.groups() == 0


async def test_members_and_groups_are_counted(hub):
    members = [Member() for _ in range(3)]
    for member in members:
        hub.join("room", member)
        hub.join("room", member)
    assert (hub.size("room"), hub.size("other"), hub.groups()) == (3, 0, 1)


class Hold:
    """A member that is catching up, as the hub sees it."""

    def __init__(self):
        self.kept = []
        self.goodbye = None

    def keep(self, parcel):
        _, frame, event, _ = parcel
        self.kept.append((frame, event and (event.stream, event.seq)))

    def close(self, close):
        self.goodbye = close


def event(seq, frame):
    return Event("chat:a", "k3f9", seq, frame)


async def test_who_catches_up_is_given_single_frames_that_know_their_place(hub):
    hold, member = Hold(), Member()
    hub.join("room", member)
    hub.tell("room", event(1, b"before"))
    hub.hold(["room", "other"], hold)
    hub.tell("room", event(2, b"2"))
    publish("room", b"notice")
    hub.tell("room", event(3, b"3"), b"three")
    hub.release(["room", "other"], hold)
    hub.tell("room", event(4, b"4"))
    await turns(hub)
    assert hold.kept == [(b"2", ("chat:a", 2)), (b"notice", None), (b"three", ("chat:a", 3))]
    assert member.said == b"before2noticethree4"


async def test_of_an_event_that_tells_members_nothing_those_learn_that_catch_up(hub):
    hold, member = Hold(), Member()
    hub.join("room", member)
    hub.hold(["room"], hold)
    hub.tell("room", event(2, b""))
    await turns(hub)
    assert hold.kept == [(b"", ("chat:a", 2))]
    assert member.writes == []


async def test_a_group_s_goodbye_is_for_those_too_that_catch_up(hub):
    hold, member, other = Hold(), Member(), Hold()
    hub.join("room", member)
    hub.hold(["room"], hold)
    hub.hold(["other"], other)
    hub.close("room", INTERNAL_ERROR)
    assert hold.goodbye is member.goodbye is INTERNAL_ERROR
    assert other.goodbye is None


async def test_one_member_may_be_skipped_and_keeps_its_order(hub):
    sender, other = Member(), Member()
    for member in (sender, other):
        hub.join("room", member)
    publish("room", b"1")
    publish("room", b"2", skip=sender)
    publish("room", b"3")
    await turns(hub)
    assert (sender.said, other.said) == (b"13", b"123")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=30))
def test_the_order_of_publishing_is_the_order_at_every_member(steps):
    async def run():
        hub, members = Hub(asyncio.get_running_loop()), {}
        for group in "ab":
            members[group] = [Member(), Member()]
            for member in members[group]:
                hub.join(group, member)
        for number, (group, skipping) in enumerate(steps):
            hub.publish(group, b"%d," % number, skip=members[group][0] if skipping else None)
        await turns(hub)
        return {group: [member.said for member in both] for group, both in members.items()}

    said = asyncio.run(run())
    for group in "ab":
        every = [(number, skip) for number, (name, skip) in enumerate(steps) if name == group]
        assert said[group][1] == b"".join(b"%d," % number for number, _ in every)
        assert said[group][0] == b"".join(b"%d," % number for number, skip in every if not skip)


async def test_a_member_may_leave_while_it_is_written_to(hub):
    leaving, staying = Member(), [Member() for _ in range(5)]
    leaving.then = lambda: hub.leave("room", leaving)
    for member in (*staying[:2], leaving, *staying[2:]):
        hub.join("room", member)
    for frame in (b"1", b"2"):
        publish("room", frame)
        await turns(hub)
    assert leaving.said == b"1"
    assert [member.said for member in staying] == [b"12"] * 5


async def test_the_last_member_may_leave_while_it_is_written_to(hub):
    leaving = Member(lambda: hub.leave("room", leaving))
    hub.join("room", leaving)
    publish("room", b"1")
    await turns(hub)
    publish("room", b"2", skip=Member())
    await turns(hub)
    assert leaving.said == b"1"
    assert hub.groups() == 0


async def test_a_member_that_speaks_while_it_is_written_to_is_heard_by_all(hub):
    other = Member()
    speaking = Member(lambda: speaking.said == b"1" and publish("room", b"2"))
    for member in (speaking, other):
        hub.join("room", member)
    publish("room", b"1")
    await turns(hub)
    assert speaking.said == other.said == b"12"


async def test_a_member_that_cannot_be_written_to_is_parted_from_and_the_others_hear_all(hub):
    def fail():
        raise OSError("gone")

    broken, others = Member(then=fail), [Member() for _ in range(20)]
    for member in (broken, *others):
        hub.join("room", member)
    publish("room", b"one")
    await turns(hub)
    publish("room", b"two")
    hub.answer(broken, b"answer")
    await turns(hub)
    assert [member.said for member in others] == [b"onetwo"] * 20
    assert broken.goodbye is INTERNAL_ERROR


async def test_a_crowd_s_frames_wait_for_those_that_arrive_at_the_same_time(hub):
    members = [Member() for _ in range(hubs.MANY + 1)]
    for member in members:
        hub.join("room", member)
    publish("room", b"1")
    asyncio.get_running_loop().call_soon(publish, "room", b"2")
    await turns(hub)
    assert [member.writes for member in members] == [[b"12"]] * len(members)


async def test_there_is_room_for_so_many_frames_those_that_wait_for_others_among_them(
    hub, monkeypatch
):
    monkeypatch.setattr(hubs, "QUEUE", 3)
    monkeypatch.setattr(hubs, "WAIT", SOON)
    members = [Member() for _ in range(hubs.MANY + 1)]
    for member in members:
        hub.join("room", member)
    hub.expect()
    for frame in (b"a", b"b"):
        hub.publish("room", frame)
    await until(lambda: not hub._inbox)  # taken, and not written yet
    hub.check_room()
    hub.publish("room", b"c")
    with pytest.raises(OverloadedError):
        hub.check_room()
    hub.arrived()
    await until(lambda: members[-1].said == b"abc")
    hub.check_room()


async def test_a_crowd_does_not_wait_for_ever(hub):
    members = [Member() for _ in range(hubs.MANY + 1)]
    for member in members:
        hub.join("room", member)
    spoken = 0

    def speak_on():
        nonlocal spoken
        if spoken < 100:
            spoken += 1
            publish("room", b"x")
            hub.loop.call_soon(speak_on)

    speak_on()
    await until(lambda: members[0].writes)
    assert 1 < len(members[0].said) < 20
    await until(lambda: spoken == 100 and not hub._armed)
    assert {member.said for member in members} == {b"x" * 100}


class Interrupted(deque):
    """An inbox whose thread loses its turn as soon as something is in it."""

    def __init__(self, goes_on):
        super().__init__()
        self.goes_on = goes_on

    def append(self, parcel):
        super().append(parcel)
        self.goes_on.wait(SOON)


async def test_what_a_thread_was_about_to_tell_of_is_not_waited_for_for_ever(hub):
    member, goes_on = Member(), Gate()
    for each in (member, *(Member() for _ in range(hubs.MANY))):
        hub.join("room", each)
    hub.publish("room", b"a")
    hub.flush()  # the turn that was asked for comes all the same
    hub.expect()
    hub._inbox = Interrupted(goes_on)
    thread = Thread(target=hub.publish, args=("room", b"b"))
    thread.start()
    await until(lambda: hub._inbox or hub._batches)
    await asyncio.sleep(2 * hubs.WAIT)  # in which the turn comes, and what it waits for is over
    goes_on.set()
    async with asyncio.timeout(SOON):
        await until(lambda: member.said == b"ab")
    thread.join(SOON)


async def test_threads_may_publish_and_each_one_s_order_is_kept(hub):
    member, threads, count = Member(), 4, 500
    hub.join("room", member)

    def speak(name):
        for number in range(count):
            publish("room", b"%d:%d," % (name, number))

    speakers = [Thread(target=speak, args=(name,)) for name in range(threads)]
    for speaker in speakers:
        speaker.start()
    await until(lambda: not (any(speaker.is_alive() for speaker in speakers) or hub._armed))
    said = [part.split(b":") for part in member.said.split(b",")[:-1]]
    for name in range(threads):
        numbers = [int(number) for speaker, number in said if int(speaker) == name]
        assert numbers == list(range(count))


async def test_members_on_another_loop_hear_it_too(hub):
    here, there, ready = Member(), Member(), asyncio.Event()
    hub.join("room", here)

    async def live():
        heard = asyncio.Event()
        there.then = heard.set
        local_hub().join("room", there)
        hub.loop.call_soon_threadsafe(ready.set)
        await asyncio.wait_for(heard.wait(), SOON)

    other = Thread(target=asyncio.run, args=(live(),))
    other.start()
    await asyncio.wait_for(ready.wait(), SOON)
    publish("room", b"frame")
    await turns(hub)
    await asyncio.to_thread(other.join, SOON)
    assert here.said == there.said == b"frame"


async def test_a_closed_loop_is_spoken_to_no_more(hub):
    member = Member()

    async def live():
        local_hub().join("room", member)

    await asyncio.to_thread(asyncio.run, live())
    publish("room", b"frame")
    assert not member.writes


async def test_a_loop_has_one_hub(hub):
    assert local_hub() is hub
    assert has_hub()


def test_a_process_without_one_knows_it_and_publishing_is_no_error(monkeypatch):
    monkeypatch.setattr(hubs.hubs, "_all", ())
    assert not has_hub()
    publish("room", b"frame")
    with pytest.raises(RuntimeError):
        local_hub()


def test_a_member_that_cannot_be_written_to_is_a_line_of_the_log(caplog):
    member = Member()
    give_up(member, OSError("gone"))
    assert caplog.messages == ['member_failed reason=OSError error="OSError: gone"']
    assert member.goodbye is INTERNAL_ERROR
