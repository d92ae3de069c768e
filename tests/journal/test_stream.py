"""One stream, and everything that can happen to it in any order (Hypothesis makes up the order).

Whatever is sent, lost, repeated, reordered, resumed and pruned: each member sees the numbers
without a gap or a repeat from where it began, or it is told that it cannot, or it is sent away.
"""

import asyncio
from functools import partial
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from hubbub.chat.rooms import room_group
from hubbub.crossing import in_database
from hubbub.journal import attach as attaching
from hubbub.journal import followers as nodes
from hubbub.journal.attach import attach
from hubbub.journal.process import event_of
from hubbub.journal.prune import drop
from hubbub.journal.table import table_of
from hubbub.streams.opening import Opening
from hubbub.testing.lying import LyingBus
from hubbub.wire.closes import TRY_LATER
from tests.journal.entries import new_room, put, say
from tests.journal.members import DEADLINE, Member, join, new_node


@pytest.fixture
def _quick(monkeypatch):
    monkeypatch.setattr(nodes, "GRACE", 0.001)
    monkeypatch.setattr(nodes, "CHECK", 0.05)
    monkeypatch.setattr(attaching, "PATIENCE", 0.01)


class OneStream(RuleBasedStateMachine):
    """A room, a node with a lying bus, and the room's members."""

    members = Bundle("members")

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed):
        self.runner = asyncio.Runner()
        self.bus = LyingBus(Random(seed))
        self.node = self.run(self.make_followers())
        self.room = new_room()
        self.stream = f"chat:{self.room}"
        self.epoch, self.last, self.first = "", 0, 1
        self.all: list[Member] = []

    async def make_followers(self):
        return new_node(self.bus)

    def run(self, work):
        return self.runner.run(work)

    @rule(number=st.integers(1, 5), ring=st.booleans())
    def send(self, number, ring):
        stored = self.run(
            in_database(put, [say(self.room, f"hello {index}") for index in range(number)])
        )
        self.last += number
        self.epoch = stored[-1].epoch
        assert stored[-1].seq == self.last
        if ring:
            self.bus.publish([event_of(one) for one in stored])

    @rule()
    def deliver(self):
        self.bus.deliver_some()

    @rule()
    def lose(self):
        self.bus.lose_all()

    @rule()
    def wake(self):
        self.node.wake()

    @rule(seconds=st.sampled_from([0, 0.002, 0.01]))
    def wait(self, seconds):
        self.run(asyncio.sleep(seconds))

    @rule(target=members)
    def come(self):
        """As version 1's clients come: with no snapshot."""
        member = self.run(self.join_live())
        self.all.append(member)
        return member

    async def join_live(self):
        member = await join(self.node, self.stream, room_group(self.room))
        member.begin = None
        return member

    @rule(target=members, ago=st.integers(-2, 12), known=st.sampled_from(["same", "none", "other"]))
    def resume(self, ago, known):
        since = max(0, self.last - ago)
        epoch = {"same": self.epoch, "none": None, "other": "other"}[known]
        member = self.run(self.attach(Opening(None, since, epoch)))
        self.all.append(member)
        member.begin = None
        if member.goodbye is not None:  # what the node had not told yet was pruned just then
            assert (member.goodbye, member.wire) == (TRY_LATER, [])
            return member
        recovery = member.frames()[0]
        promised = known != "other" and since <= self.last and since + 1 >= self.first
        assert recovery["recovered"] is promised
        assert recovery["seq"] == self.last
        member.begin = since if promised else self.last
        return member

    async def attach(self, opening):
        member = Member()
        self.node.enter(self.stream)
        read = partial(in_database, opening.read, f"chat:{self.room}")
        groups = {self.stream: room_group(self.room)}
        assert await attach(self.node, member, groups, read, lambda: True, budget=2**20)
        return member

    @rule(member=consumes(members))
    def leave(self, member):
        self.all.remove(member)
        self.run(self.part(member))

    async def part(self, member):
        self.node.hub.leave(room_group(self.room), member)
        self.node.leave(self.stream)

    @rule(keep=st.integers(0, 10))
    def prune(self, keep):
        first = max(self.first, self.last - keep + 1)
        if first > self.first:
            self.run(in_database(drop, table_of(self.stream), self.stream, first))
            self.first = first

    @invariant()
    def no_gap_and_no_repeat(self):
        for member in getattr(self, "all", ()):
            seqs = member.seqs()
            begin = member.begin
            if begin is None and seqs:
                begin = seqs[0] - 1
            if member.goodbye is None:
                assert seqs == list(range((begin or 0) + 1, (begin or 0) + 1 + len(seqs)))
            assert len(seqs) == len(set(seqs))

    def teardown(self):
        if not hasattr(self, "runner"):
            return
        try:
            self.run(self.see_all_told())
            self.no_gap_and_no_repeat()
        finally:
            self.runner.close()

    async def see_all_told(self):
        """The check alone brings everybody up to date, whatever was lost."""
        members = [member for member in self.all if member.goodbye is None]
        if not members:
            return
        async with asyncio.timeout(DEADLINE):
            follower = self.node.find(self.stream)
            while follower.told != self.last:  # noqa: ASYNC110 - a follower has no event to wait for
                await asyncio.sleep(0.002)
        self.node.hub.flush()
        for member in members:
            if member.goodbye is None and member.begin is not None:
                assert member.begin + len(member.seqs()) == self.last
            elif member.goodbye is None and member.seqs():
                assert member.seqs()[-1] == self.last


@pytest.mark.usefixtures("_quick", "transactional_db")
def test_each_member_sees_all_in_order_or_learns_that_it_does_not():
    run_state_machine_as_test(
        OneStream,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            print_blob=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
