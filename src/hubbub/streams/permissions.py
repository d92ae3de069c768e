"""Who may: what a project's own code says of a caller and a stream.

A `Policy` is plain Django code, run off the event loop on threads of its own, or async. It is asked
when a caller comes to a stream, all of it at once; the answer is kept (`present.py`), so that a
message costs nothing.
"""

from __future__ import annotations

from functools import lru_cache
from inspect import iscoroutine, iscoroutinefunction
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError

from hubbub.crossing import in_asking_lane, is_our_end
from hubbub.database import ours
from hubbub.errors import OverloadedError, Refusal
from hubbub.observe.events import PERMISSION_FAILED
from hubbub.observe.report import report
from hubbub.sqlite import is_mistake
from hubbub.streams.rights import NOTHING, OPEN, Rights

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hubbub.accounts.caller import Caller

    Answer = bool | Awaitable[bool]

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


METHODS = ("may_enter", "may_read", "may_send", "may_moderate", "may_begin")
OURS = tuple(getattr(Policy, method) for method in METHODS)
#: What only those are asked about who may enter.
RIGHTS = tuple(method.removeprefix("may_") for method in METHODS[1:])


def unasked(policy: object) -> list[str]:
    """What is called like the methods of a policy, and is none: mistyped, it would allow all."""
    return [name for name in dir(policy) if name.startswith("may_") and name not in METHODS]


def may(policy: Policy, right: str) -> Callable[[Caller, str], Answer]:
    """The method that says who has a right."""
    found: Callable[[Caller, str], Answer] = getattr(policy, f"may_{right}")
    return found


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


def decide_here(policy: Policy, caller: Caller, name: str) -> Rights:
    """The same of one without an `async def`, on this thread."""
    if not answer_here(policy.may_enter, caller, name):
        return NOTHING
    rest: dict[str, Any] = {
        right: answer_here(may(policy, right), caller, name) for right in RIGHTS
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
    except BaseException as error:
        if is_our_end(error):
            raise
        return refused(call, error, name)


def answer_here(call: Callable[[Caller, str], Answer], caller: Caller, name: str) -> bool:
    """The same of one that is not async, on this thread."""
    try:
        return checked(call(caller, name))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - of a project's code
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
