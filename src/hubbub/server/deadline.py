"""Deadlines of one length for all connections, from one timer.

Whatever has the same time to wait becomes late in the order in which it began, so that a dict is
all it takes: to start and to stop are 0.3 µs, and the loop's heap has one entry for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

Member = TypeVar("Member")


class Deadline(Generic[Member]):
    """Gives its verdict on every member that was started `seconds` ago and not stopped since."""

    __slots__ = ("_due", "_loop", "_timer", "_verdict", "seconds")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        seconds: float,
        verdict: Callable[[Member], None],
    ) -> None:
        self.seconds = seconds
        self._loop = loop
        self._verdict = verdict
        self._due: dict[Member, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self, member: Member) -> None:
        """Give a member all the time from now on."""
        self._due.pop(member, None)
        self._due[member] = self._loop.time() + self.seconds
        if self._timer is None:
            self._timer = self._loop.call_later(self.seconds, self._visit)

    def stop(self, member: Member) -> None:
        """Let a member go; the timer stays, and finds nobody."""
        self._due.pop(member, None)

    def __contains__(self, member: Member) -> bool:
        return member in self._due

    def __iter__(self) -> Iterator[Member]:
        """The members, the one first that will be late first."""
        return iter(tuple(self._due))

    def _visit(self) -> None:
        now = self._loop.time()
        try:
            while (late := next(iter(self._due.items()), None)) is not None and late[1] <= now:
                del self._due[late[0]]
                self._verdict(late[0])
        finally:
            # Not before: a member that is given more time would start a second timer, for good.
            due = next(iter(self._due.values()), None)
            self._timer = None if due is None else self._loop.call_later(due - now, self._visit)
