"""The crowds of a process: who is at which room or counter, by its name."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from hubbub.anew import forgotten_by
from hubbub.fanout.hub import has_hub

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubbub.fanout.outlet import Outlet
    from hubbub.presence.roll import Roll


class Crowd(Protocol):
    """The people at one place, and the telling of how many they are."""

    roll: Roll

    def enter(self, user_id: object, username: str, outlet: Outlet | None) -> None:
        """Count a connection in, and tell those who are there."""

    def leave(self, user_id: object, username: str) -> None:
        """Count a connection out, and tell those who stay."""

    def timers(self) -> int:
        """How many tellings wait for their time."""

    def cancel(self) -> None:
        """There is nobody left to tell."""


C = TypeVar("C", bound=Crowd)


class Crowds(Generic[C]):
    """A crowd is kept, as `make(name)` makes it, while somebody is in it. From any thread."""

    def __init__(self, make: Callable[[str], C]) -> None:
        self._make = make
        self._crowds: dict[str, C] = {}
        self._lock = RLock()
        forgotten_by(self.forget)

    def find(self, name: str) -> C | None:
        """The crowd, if there is somebody."""
        return self._crowds.get(name)

    def enter(
        self, name: str, user_id: object, username: str, outlet: Outlet | None = None
    ) -> None:
        """Count a connection in, an anonymous one where `user_id` is None."""
        with self._lock:
            crowd = self._crowds.get(name)
            if crowd is None:
                crowd = self._crowds[name] = self._make(name)
            crowd.enter(user_id, username, outlet)

    def leave(self, name: str, user_id: object, username: str) -> None:
        """Count a connection out."""
        with self._lock:
            crowd = self._crowds.get(name)
            if crowd is None:
                return  # it was forgotten
            crowd.leave(user_id, username)
            if not crowd.roll.count:
                crowd.cancel()
                del self._crowds[name]

    def timers(self) -> int:
        """How many tellings wait for their time."""
        return sum(crowd.timers() for crowd in tuple(self._crowds.values()))

    def forget(self) -> None:
        """Let go of all, who are told nothing; not while somebody serves."""
        if has_hub():
            return
        self._lock = RLock()  # who held it may not be there any more
        for crowd in self._crowds.values():
            crowd.cancel()
        self._crowds.clear()
