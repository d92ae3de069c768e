"""How it is found out what a caller may in a stream: by a policy, less what was taken from it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from asgiref.sync import async_to_sync
from django.db import Error

from hubbub.crossing import in_asking_lane
from hubbub.errors import OverloadedError
from hubbub.streams.permissions import METHODS, decide, decide_here, is_async, lets_all_in
from hubbub.streams.rights import Rights, by_default
from hubbub.streams.together import ask_together
from hubbub.streams.turn import turn_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from hubbub.accounts.caller import Caller
    from hubbub.streams.permissions import Policy
    from hubbub.streams.rights import Change
    from hubbub.streams.together import Many

    Restrict = Callable[[Caller, str, Rights], Rights]

#: Seconds in which a policy has to answer.
ASK_SECONDS = 10.0

#: What a policy can tell apart of a caller: the user, how it was known, and whether it is staff.
Who = tuple[int | str | None, str, bool]


def who_is(caller: Caller) -> Who:
    """Whom a policy is asked about."""
    return caller.user_id, caller.known_by, caller.is_staff


NAMES = frozenset(METHODS)


class Gate(NamedTuple):
    """How it is found out what a caller may in the streams of one kind.

    `policy()` is the policy in force. `restrict(caller, name, rights)`, blocking, takes away what
    was taken from one caller, by a table; it is asked of signed-in callers. `changed(since)`,
    blocking, has those of whom that table has changed. `spares(caller)`, at once, is whether it is
    known that nothing was taken from a caller. `together(policy)` is what a policy says of many
    callers by few questions, None where it has to be asked about each.
    """

    kind: str
    policy: Callable[[], Policy]
    restrict: Restrict | None = None
    changed: Callable[[datetime], Iterable[Change]] | None = None
    spares: Callable[[Caller], bool] | None = None
    together: Callable[[Policy], Many | None] | None = None

    def is_open(self) -> bool:
        """Whether the policy lets everybody in, so that nobody has to be asked."""
        policy = self.policy()
        of_class: Any = type(policy)
        return lets_all_in(of_class) and NAMES.isdisjoint(getattr(policy, "__dict__", ()))

    def known(self, caller: Caller) -> Rights | None:
        """What a caller may, where that is so without asking anything; else None."""
        if (self.restrict is not None and caller.user_id is not None) or not self.is_open():
            return None
        return by_default(caller)

    async def ask(self, caller: Caller, name: str) -> Rights:
        """What a caller may, asked anew. Raises OverloadedError where it cannot be known now."""
        known = self.known(caller)
        if known is not None:
            return known
        if self.spares is not None and self.is_open() and self.spares(caller):
            return by_default(caller)
        policy = self.policy()
        many = None if self.together is None else self.together(policy)
        try:
            async with asyncio.timeout(ASK_SECONDS):
                if many is not None:
                    ask_many = partial(self._ask_many, many)
                    return await ask_together((self, many, name), ask_many, caller, name)
                async with turn_of(f"{self.kind}:{name}"):
                    return await self._ask(policy, caller, name)
        except (TimeoutError, Error):
            raise OverloadedError("permission") from None

    def ask_here(self, caller: Caller, name: str) -> Rights:
        """The same on this thread. Blocking. Raises OverloadedError, and DatabaseError."""
        policy = self.policy()
        if is_async(policy):
            return async_to_sync(self.ask)(caller, name)
        known = self.known(caller)
        return self._ask_here(policy, caller, name) if known is None else known

    async def _ask(self, policy: Policy, caller: Caller, name: str) -> Rights:
        if is_async(policy):
            rights = await decide(policy, caller, name)
            if self.restrict is None or caller.user_id is None or not rights.enter:
                return rights
            return await in_asking_lane(self.restrict, caller, name, rights)
        return await in_asking_lane(self._ask_here, policy, caller, name)

    def _ask_here(self, policy: Policy, caller: Caller, name: str) -> Rights:
        """The same of a policy without an `async def`, on a thread that may use the database."""
        return self._restricted(caller, name, decide_here(policy, caller, name))

    def _ask_many(self, many: Many, callers: Sequence[Caller], name: str) -> list[Rights]:
        """What many callers may. Blocking."""
        found = zip(callers, many(callers, name), strict=True)
        return [self._restricted(caller, name, rights) for caller, rights in found]

    def _restricted(self, caller: Caller, name: str, rights: Rights) -> Rights:
        """Less what was taken from the caller. Blocking."""
        if self.restrict is None or caller.user_id is None or not rights.enter:
            return rights
        return self.restrict(caller, name, rights)


#: By the kind of their streams.
gates: dict[str, Gate] = {}


def open_gate(gate: Gate) -> None:
    """Make it known how to find out what callers may in the streams of a kind."""
    gates[gate.kind] = gate


async def ask(stream: str, caller: Caller) -> Rights:
    """What a caller may in a stream, asked anew. Raises OverloadedError."""
    kind, _, name = stream.partition(":")
    return await gates[kind].ask(caller, name)
