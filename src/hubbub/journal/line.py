"""Who wants something stored, and whose turn it is when more waits than goes into a commit."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable


class Sender:
    """A connection, an account that calls over HTTP, or the Channels layer's publishers.

    `waiting` of its entries wait for their commit.
    """

    __slots__ = ("__weakref__", "waiting")

    def __init__(self) -> None:
        self.waiting = 0


class Sent(Protocol):
    """What waits."""

    @property
    def sender(self) -> Sender:
        """Whose it is."""


S = TypeVar("S", bound=Sent)


class Line(Generic[S]):
    """What waits, drawn from each sender in turn; of one sender in the order in which it came."""

    def __init__(self) -> None:
        self._queues: dict[Sender, deque[S]] = {}
        self._turns: deque[deque[S]] = deque()

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._turns)

    def put(self, given: Iterable[S]) -> None:
        """Have more wait."""
        for one in given:
            queue = self._queues.get(one.sender)
            if queue is None:
                queue = self._queues[one.sender] = deque()
                self._turns.append(queue)
            queue.append(one)

    def take(self, number: int) -> list[S]:
        """Up to so many, whose turn it is."""
        taken: list[S] = []
        while self._turns and len(taken) < number:
            queue = self._turns.popleft()
            one = queue.popleft()
            taken.append(one)
            if queue:
                self._turns.append(queue)
            else:
                del self._queues[one.sender]
        return taken


_senders: WeakValueDictionary[Hashable, Sender] = WeakValueDictionary()


def sender_of(key: Hashable) -> Sender:
    """The one of a key; forgotten when nothing of it waits any more."""
    return _senders.setdefault(key, Sender())
