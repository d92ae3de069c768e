"""One stream, and everything that can happen to it in any order (Hypothesis makes up the order).

Whatever is sent, struck out, lost, repeated, reordered, resumed and pruned: each member sees the
numbers without a gap or a repeat from where it began, or it is told that it cannot, or it is sent
away; and in the end it knows what who comes then is told.
"""

import asyncio
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
    precondition,
    rule,
    run_state_machine_as_test,
)

from hubbub.crossing import in_database
from hubbub.fanout.dialect import EXTENDED, PLAIN
from hubbub.journal import attach as attaching
from hubbub.journal import followers as module
from hubbub.journal.process import event_of
from hubbub.journal.prune import drop
from hubbub.journal.table import table_of
from hubbub.streams.opening import Opening
from hubbub.testing.lying import LyingBus
from hubbub.wire.closes import TRY_LATER
from tests.journal.entries import move, put, strike, write
from tests.journal.members import DEADLINE, Member, enter, group_of, join, new_followers
from tests.names import new_name


@pytest.fixture
def _quick(monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.001)
    monkeypatch.setattr(module, "CHECK", 0.05)
    monkeypatch.setattr(attaching, "PATIENCE", 0.01)


class OnePad(RuleBasedStateMachine):
    """A pad, followers with a lying bus, and the pad's members."""

    kind, entry = "pad", staticmethod(write)
    members = Bundle("members")

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed):
        self.runner = asyncio.Runner()
        self.bus = LyingBus(Random(seed))
        self.followers = self.run(self.make_followers())
        self.name = new_name()
        self.stream = f"{self.kind}:{self.name}"
        self.epoch, self.last, self.first = "", 0, 1
        self.strikes: set[int] = set()
        self.all: list[Member] = []

    async def make_followers(self):
        return new_followers(self.bus)

    def run(self, work):
        return self.runner.run(work)

    @rule(number=st.integers(1, 5), ring=st.booleans())
    def send(self, number, ring):
        self.store([self.entry(self.name, f"hello {index}") for index in range(number)], ring)

    @precondition(lambda self: self.kind == "pad" and self.last)
    @rule(ago=st.integers(0, 12), ring=st.booleans())
    def strike(self, ago, ring):
        self.store([strike(self.name, max(1, self.last - ago))], ring)
        self.strikes.add(self.last)

    def store(self, entries, ring):
        stored = self.run(in_database(put, entries))
        self.last += len(entries)
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
        self.followers.wake()

    @rule(seconds=st.sampled_from([0, 0.002, 0.01]))
    def wait(self, seconds):
        self.run(asyncio.sleep(seconds))

    @rule(target=members, dialect=st.sampled_from([PLAIN, EXTENDED]))
    def come(self, dialect):
        """As version 1's clients come: with no snapshot."""
        return self.keep(self.run(join(self.followers, self.stream, dialect)), None, dialect)

    def keep(self, member, begin, dialect=EXTENDED):
        """Have a member looked at, who hears what comes after `begin`, or after who knows what."""
        member.begin, member.dialect = begin, dialect
        self.all.append(member)
        return member

    @rule(target=members, ago=st.integers(-2, 12), known=st.sampled_from(["same", "none", "other"]))
    def resume(self, ago, known):
        since = max(0, self.last - ago)
        epoch = {"same": self.epoch, "none": None, "other": "other"}[known]
        member = self.run(enter(self.followers, self.stream, Opening(None, since, epoch)))
        if member.goodbye is not None:  # what the followers had not told yet was pruned just then
            assert (member.goodbye, member.wire) == (TRY_LATER, [])
            return self.keep(member, None)
        recovery = member.frames()[0]
        promised = known != "other" and since <= self.last and since + 1 >= self.first
        assert recovery["recovered"] is promised
        assert recovery["seq"] == self.last
        return self.keep(member, since if promised else self.last)

    @rule(member=consumes(members))
    def leave(self, member):
        self.all.remove(member)
        self.run(self.part(member))

    async def part(self, member):
        self.followers.hub.leave(group_of(self.stream), member)
        self.followers.leave(self.stream)

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
            if not seqs:
                continue
            begin = seqs[0] - 1 if member.begin is None else member.begin
            if member.goodbye is None:
                assert seqs == self.told_after(member, begin)[: len(seqs)]
            assert len(seqs) == len(set(seqs))

    def told_after(self, member, begin):
        """The numbers of what a member is told, of all that there is after one."""
        after = range(begin + 1, self.last + 1)
        return [seq for seq in after if member.dialect is EXTENDED or seq not in self.strikes]

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
        if all(member.goodbye for member in self.all):
            return
        async with asyncio.timeout(DEADLINE):
            follower = self.followers.find(self.stream)
            while follower.told != self.last:  # noqa: ASYNC110 - a follower has no event to wait for
                await asyncio.sleep(0.002)
        self.followers.hub.flush()
        now = (await enter(self.followers, self.stream, Opening(200, None, None))).lines()
        for member in self.all:
            if member.goodbye is None:
                self.knows(member, now)

    def knows(self, member, now):
        """A member knows all that there is since it came."""
        if member.begin is not None:
            assert member.seqs() == self.told_after(member, member.begin)
        elif member.seqs():
            assert member.seqs()[-1] == self.told_after(member, 0)[-1]
        if member.dialect is EXTENDED:
            known = member.lines()
            for seq in now.keys() & set(member.seqs()):
                assert known[seq] == now[seq]


class OneGame(OnePad):
    """A game: its table is that of every kind of a project's own."""

    kind, entry = "game", staticmethod(move)


@pytest.mark.parametrize("machine", [OnePad, OneGame])
@pytest.mark.usefixtures("_quick", "transactional_db")
def test_each_member_sees_all_in_order_or_learns_that_it_does_not(machine):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            print_blob=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
