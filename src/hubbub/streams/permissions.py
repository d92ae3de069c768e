"""Who may: what a project's own code says of a caller and a stream.

A `Policy` is plain Django code, run off the event loop on threads of its own, or async. It is asked
when a caller comes to a stream, all of it at once; the answer is kept (`present.py`), so that a
message costs nothing.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache, partial
from inspect import iscoroutine, iscoroutinefunction
from typing import TYPE_CHECKING, Any, NamedTuple

from asgiref.sync import async_to_sync
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError, OperationalError

from hubbub.crossing import in_asking_lane, is_our_end
from hubbub.database import ours
from hubbub.errors import FAULTS, OverloadedError, Refusal
from hubbub.observe.events import PERMISSION_FAILED
from hubbub.observe.report import report
from hubbub.sqlite import is_mistake
from hubbub.streams.rights import NOTHING, OPEN, Change, Rights, by_default
from hubbub.streams.together import ask_together
from hubbub.streams.turn import turn_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from datetime import datetime

    from hubbub.accounts.caller import Caller
    from hubbub.streams.together import Many

    Answer = bool | Awaitable[bool]

#: Seconds in which a policy has to answer.
ASK_SECONDS = 10.0
#: What says nothing about a caller.
AWAY = (OperationalError, InterfaceError, OverloadedError)


class Policy:
    """Who may, in each stream by its `name`; everybody may do what version 1 lets everybody do.

    A project derives its own and says what differs. Each method is a `def`, which may use the
    database, or an `async def`. What is not True is no, and an exception too. The others are asked
    only of those who may enter.
    """

    def may_enter(self, caller: Caller, name: str) -> Answer:  # noqa: ARG002
        """Whether a caller may be there: hear what is told, see who is there, and know of it."""
        return True

    def may_read(self, caller: Caller, name: str) -> Answer:  # noqa: ARG002
        """Whether a caller may read what was told before: history, and what it has missed."""
        return True

    def may_send(self, caller: Caller, name: str) -> Answer:  # noqa: ARG002
        """Whether a caller may say something, and show that it types."""
        return True

    def may_moderate(self, caller: Caller, name: str) -> Answer:  # noqa: ARG002
        """Whether a caller may change what others said, mute, ban and send away; staff may."""
        return caller.is_staff

    def may_begin(self, caller: Caller, name: str) -> Answer:  # noqa: ARG002
        """Whether a caller may send the first event of a stream."""
        return True


#: What a policy can tell apart of a caller: the user, how it was known, and whether it is staff.
Who = tuple[int | str | None, str, bool]


def who_is(caller: Caller) -> Who:
    """Whom a policy is asked about."""
    return caller.user_id, caller.known_by, caller.is_staff


METHODS = ("may_enter", "may_read", "may_send", "may_moderate", "may_begin")
NAMES = frozenset(METHODS)
OURS = tuple(getattr(Policy, method) for method in METHODS)
#: What only those are asked about who may enter.
RIGHTS = tuple(method.removeprefix("may_") for method in METHODS[1:])


def may(policy: Policy, right: str) -> Callable[[Caller, str], Answer]:
    """The method that says who has a right."""
    found: Callable[[Caller, str], Answer] = getattr(policy, f"may_{right}")
    return found


if TYPE_CHECKING:
    Restrict = Callable[[Caller, str, Rights], Rights]


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
        except (TimeoutError, DatabaseError):
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
        if not answer_here(policy.may_enter, caller, name):
            return NOTHING
        rest: dict[str, Any] = {
            right: answer_here(may(policy, right), caller, name) for right in RIGHTS
        }
        return self._restricted(caller, name, OPEN._replace(**rest))

    def _ask_many(self, many: Many, callers: Sequence[Caller], name: str) -> list[Rights]:
        """What many callers may. Blocking."""
        found = zip(callers, many(callers, name), strict=True)
        return [self._restricted(caller, name, rights) for caller, rights in found]

    def _restricted(self, caller: Caller, name: str, rights: Rights) -> Rights:
        """Less what was taken from the caller. Blocking."""
        if self.restrict is None or caller.user_id is None or not rights.enter:
            return rights
        return self.restrict(caller, name, rights)


def is_async(policy: Policy) -> bool:
    """Whether any method of a policy has to be awaited."""
    return any(iscoroutinefunction(getattr(policy, method)) for method in METHODS)


@lru_cache(maxsize=64)
def lets_all_in(policy: Any) -> bool:
    """Whether a class of policies says nothing of its own; asked of each who comes."""
    return all(getattr(policy, method, None) is getattr(Policy, method) for method in METHODS)


def is_from(policy: Policy, method: str, owner: type[Policy]) -> bool:
    """Whether what a policy says by a method is what a class says, and nothing of its own."""
    said = getattr(getattr(policy, method), "__func__", None)
    return said is getattr(owner, method)


async def decide(policy: Policy, caller: Caller, name: str) -> Rights:
    """What a policy says some of whose methods are async."""
    if not await answer(policy.may_enter, caller, name):
        return NOTHING
    rest: dict[str, Any] = {
        right: await answer(may(policy, right), caller, name) for right in RIGHTS
    }
    return OPEN._replace(**rest)


async def answer(call: Callable[[Caller, str], Answer], caller: Caller, name: str) -> bool:
    """Whether one method says yes, async or not. Raises what says that the database is away."""
    if getattr(call, "__func__", None) in OURS:
        return answer_here(call, caller, name)
    if not iscoroutinefunction(call):
        return await in_asking_lane(answer_here, call, caller, name)
    try:
        return checked(await call(caller, name))
    except FAULTS as error:
        if is_our_end(error):
            raise
        return refused(call, error, name)


def answer_here(call: Callable[[Caller, str], Answer], caller: Caller, name: str) -> bool:
    """The same of one that is not async, on this thread."""
    try:
        return checked(call(caller, name))
    except FAULTS as error:
        return refused(call, error, name)


def checked(said: Any) -> bool:
    """An answer; None is no. Raises TypeError for what is no answer, such as a forgotten await."""
    if iscoroutine(said):
        said.close()
    if said is not None and not isinstance(said, bool):
        raise TypeError(f"it answers {type(said).__name__}, neither True nor False")
    return said is True


def refused(call: Callable[..., object], error: BaseException, name: str) -> bool:
    """False, for what a policy has raised, and a line in the log where it did not mean that.

    Raises it where it says that the database is away, and nothing about the caller.
    """
    if isinstance(error, AWAY) and not is_mistake(error, ours()):
        raise error
    if not isinstance(error, PermissionDenied | Refusal):
        decision = getattr(call, "__qualname__", repr(call))
        report(PERMISSION_FAILED, type(error).__name__, error=error, decision=decision, stream=name)
    return False


#: By the kind of their streams.
gates: dict[str, Gate] = {}


def open_gate(gate: Gate) -> None:
    """Make it known how to find out what callers may in the streams of a kind."""
    gates[gate.kind] = gate


async def ask(stream: str, caller: Caller) -> Rights:
    """What a caller may in a stream, asked anew. Raises OverloadedError."""
    kind, _, name = stream.partition(":")
    return await gates[kind].ask(caller, name)
