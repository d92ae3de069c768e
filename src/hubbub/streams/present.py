"""The connections of an event loop whose rights may change, and how they hear of it.

Where a kind's policy is open nobody anonymous is here, and costs nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from math import inf
from time import time
from typing import TYPE_CHECKING, Protocol

from django.db import Error
from django.utils import timezone

from hubbub import conf
from hubbub.anew import forgotten_by
from hubbub.crossing import in_asking_lane
from hubbub.errors import OverloadedError
from hubbub.observe.events import PERMISSION_UNKNOWN
from hubbub.observe.report import report
from hubbub.perloop import PerLoop
from hubbub.sockets.failures import HangUp
from hubbub.streams.gate import Who, ask, gates, who_is
from hubbub.tasks import start_task
from hubbub.wire.closes import FORBIDDEN
from hubbub.wire.moment import seconds_until

if TYPE_CHECKING:
    from hubbub.accounts.caller import Caller
    from hubbub.streams.gate import Gate
    from hubbub.streams.rights import Rights

#: Seconds until what could not be known is asked again.
RETRY = 1.0
#: Callers who are asked about at a time after a review, and when their time has come.
AT_ONCE, IN_TURN = 64, 8
#: Seconds that the clocks of those who change a table may differ by.
OVERLAP = 60.0


class Member(Protocol):
    """A connection to a stream."""

    @property
    def caller(self) -> Caller:
        """Who is on it."""

    def allow(self, rights: Rights) -> None:
        """Go on with these rights, or end; called on its own loop when it was asked again."""


class Asked:
    """What is being asked again, and about which members; `again` if the answer was overtaken."""

    __slots__ = ("again", "members")

    def __init__(self) -> None:
        self.again = True
        self.members: set[Member] = set()


class Present:
    """The members of one event loop whose rights may change, by stream."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        #: And when each came, in seconds (`time.time`).
        self._members: dict[str, dict[Member, float]] = {}
        #: Those who wait for their first answer, and whether it was overtaken.
        self._entering: dict[Member, bool] = {}
        self._asking: dict[tuple[str, Who], Asked] = {}
        self._ends: dict[Member, asyncio.TimerHandle] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._room, self._queue = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(IN_TURN)
        self._looked = timezone.now()

    async def enter(self, stream: str, member: Member) -> Rights:
        """Ask what a member may, and have it told when that changes, until it leaves.

        Raises OverloadedError where it cannot be known now.
        """
        self._members.setdefault(stream, {})[member] = time()
        self._arm()
        self._entering[member] = True
        try:
            while self._entering[member]:
                self._entering[member] = False
                rights = await ask(stream, member.caller)
        finally:
            del self._entering[member]
        self._expect(stream, member, rights)
        return rights

    def leave(self, stream: str, member: Member) -> None:
        """Forget a member; twice is no error."""
        members = self._members.get(stream, {})
        members.pop(member, None)
        if not members:
            self._members.pop(stream, None)
        if (timer := self._ends.pop(member, None)) is not None:
            timer.cancel()
        if not self._members and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def review(self, kind: str, name: str | None, user_id: int | str | None) -> None:
        """Ask again about the members of a kind, of one stream, or of one user among them."""
        for stream, member in self._found(kind, name, user_id):
            self.ask_again(stream, member)

    def ask_again(self, stream: str, member: Member, turn: asyncio.Semaphore | None = None) -> None:
        """Ask again about one member: soon, or when the turn is its own."""
        if member in self._entering:
            self._entering[member] = True
            return
        key = stream, who_is(member.caller)
        asked = self._asking.get(key)
        if asked is None:
            asked = self._asking[key] = Asked()
            start_task(self._ask(key, asked, member.caller, turn or self._room), self.loop)
        asked.again = True
        asked.members.add(member)

    def send_away(
        self,
        kind: str,
        name: str | None,
        user_id: int | str | None,
        rights: Rights,
        before: float = inf,
    ) -> None:
        """End a user's memberships that began before a moment, as of one who has these rights."""
        for stream, member in self._found(kind, name, user_id):
            came = self._members.get(stream, {}).get(member, inf)
            if member not in self._entering and came < before:
                member.allow(rights)

    def _found(
        self, kind: str, name: str | None, user_id: int | str | None
    ) -> list[tuple[str, Member]]:
        return [
            (stream, member)
            for stream in self._streams(kind, name)
            for member in self._members.get(stream, ())
            if user_id is None or member.caller.user_id == user_id
        ]

    def _streams(self, kind: str, name: str | None) -> list[str]:
        if name is not None:
            return [f"{kind}:{name}"]
        return [stream for stream in self._members if stream.partition(":")[0] == kind]

    async def _ask(
        self, key: tuple[str, Who], asked: Asked, caller: Caller, turn: asyncio.Semaphore
    ) -> None:
        rights: Rights | None = None
        try:
            while asked.again:
                asked.again = False
                async with turn:
                    rights = await self._answer(key[0], caller)
                if rights is None:
                    await asyncio.sleep(RETRY)
                    asked.again = bool(self._there(key, asked))
        finally:
            del self._asking[key]
        for member in self._there(key, asked):
            if rights is not None:
                self._expect(key[0], member, rights)
                member.allow(rights)

    async def _answer(self, stream: str, caller: Caller) -> Rights | None:
        """What a caller may; None where nobody can say, and then it is as it was."""
        try:
            return await ask(stream, caller)
        except OverloadedError:
            report(PERMISSION_UNKNOWN, stream=stream)
            return None

    def _there(self, key: tuple[str, Who], asked: Asked) -> list[Member]:
        """Those who are asked about and are still there, as whom they were."""
        members = self._members.get(key[0], {})
        return [
            one
            for one in asked.members
            if one in members and one not in self._entering and who_is(one.caller) == key[1]
        ]

    def _expect(self, stream: str, member: Member, rights: Rights) -> None:
        """Ask again when a sanction ends, and until then whether it is still there."""
        if (timer := self._ends.pop(member, None)) is not None:
            timer.cancel()
        if not rights.sanction or member not in self._members.get(stream, {}):
            return
        seconds = conf.current().permission_seconds
        if rights.until is not None:
            end = datetime.fromisoformat(rights.until)
            seconds = min(max(0.0, seconds_until(end)), seconds)
        self._ends[member] = self.loop.call_later(seconds, self.ask_again, stream, member)

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(conf.current().permission_seconds, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if not self._members:
            return
        self._arm()
        for kind in {stream.partition(":")[0] for stream in self._members}:
            gate = gates[kind]
            if not gate.is_open():
                self._ask_all(kind)
            if gate.changed is not None:
                start_task(self._look(gate), self.loop)

    def _ask_all(self, kind: str) -> None:
        for stream, member in self._found(kind, None, None):
            self.ask_again(stream, member, self._queue)

    async def _look(self, gate: Gate) -> None:
        """Find out what another process has taken from whom since the last look."""
        assert gate.changed is not None
        began, since = timezone.now(), self._looked - timedelta(seconds=OVERLAP)
        try:
            changes = list(await in_asking_lane(gate.changed, since))
        except (Error, OverloadedError):
            report(PERMISSION_UNKNOWN)
            return
        self._looked = began
        for name, user_id, rights, moment in changes:
            if rights is None:
                self.review(gate.kind, name, user_id)
            else:
                self.send_away(gate.kind, name, user_id, rights, moment.timestamp())


async def admit(stream: str, member: Member) -> Rights:
    """What a member may that is about to be accepted; from then on it hears when that changes.

    Raises HangUp for one who may not enter, and OverloadedError where it cannot be known now.
    """
    try:
        rights = await local_present().enter(stream, member)
    except BaseException:
        leave_stream(stream, member)
        raise
    if not rights.enter:
        leave_stream(stream, member)
        raise HangUp(FORBIDDEN, rights.refusal("enter"))
    return rights


presents = PerLoop(Present)
forgotten_by(presents.forget)


def local_present() -> Present:
    """The members of the running event loop."""
    return presents.here()


def leave_stream(stream: str, member: Member) -> None:
    """Forget a member of the running event loop, where it was known."""
    present = presents.find(asyncio.get_running_loop())
    if present is not None:
        present.leave(stream, member)


def review_members(kind: str, name: str | None, user_id: int | str | None) -> None:
    """Ask again about members on every event loop of the process. From any thread."""
    for present in presents.alive():
        # A loop may close at any moment, and then its members are gone.
        with suppress(RuntimeError):
            present.loop.call_soon_threadsafe(present.review, kind, name, user_id)


def send_members_away(
    kind: str, name: str | None, user_id: int | str | None, rights: Rights
) -> None:
    """End a user's memberships on every event loop of the process. From any thread."""
    for present in presents.alive():
        with suppress(RuntimeError):  # as above
            present.loop.call_soon_threadsafe(present.send_away, kind, name, user_id, rights)
