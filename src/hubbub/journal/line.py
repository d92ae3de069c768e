"""Who wants something stored, and whose turn it is when more waits than goes into a commit."""

from __future__ import annotations

from collections import OrderedDict, deque
from itertools import count
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from hubbub.anew import forgotten_by

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable


class Owner:
    """A user, all that is anonymous at one network address, or the process's own publishers.

    `waiting` entries of its senders wait for their commit.
    """

    __slots__ = ("__weakref__", "waiting")

    def __init__(self) -> None:
        self.waiting = 0


class Sender:
    """A connection, or all that its owner sends without one; `waiting` of its entries wait."""

    __slots__ = ("__weakref__", "owner", "waiting")

    def __init__(self, owner: Owner | None = None) -> None:
        self.owner = owner or Owner()
        self.waiting = 0


class Sent(Protocol):
    """What waits."""

    @property
    def sender(self) -> Sender:
        """Whose it is."""


K = TypeVar("K")
S = TypeVar("S", bound=Sent)


class Line(Generic[S]):
    """What waits, drawn from each owner in turn; of an owner from each of its senders in turn.

    So an owner with many connections gets no more than one with one, and one of them that floods
    is not the others' trouble. What is drawn together is in the order in which it came, as is all
    of one sender: what a client says over HTTP when it has left is behind what it said before.
    """

    def __init__(self) -> None:
        self._owners: OrderedDict[Owner, OrderedDict[Sender, deque[tuple[int, S]]]] = OrderedDict()
        self._numbers = count()

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._owners)

    def put(self, given: Iterable[S]) -> None:
        """Have more wait."""
        for one in given:
            senders = self._owners.setdefault(one.sender.owner, OrderedDict())
            senders.setdefault(one.sender, deque()).append((next(self._numbers), one))

    def take(self, number: int) -> list[S]:
        """Up to so many, whose turn it is."""
        taken: list[tuple[int, S]] = []
        while self._owners and len(taken) < number:
            owner, senders = next(iter(self._owners.items()))
            sender, queue = next(iter(senders.items()))
            taken.append(queue.popleft())
            pass_on(senders, sender, ends=not queue)
            pass_on(self._owners, owner, ends=not senders)
        taken.sort(key=itemgetter(0))
        return [one for _, one in taken]


def pass_on(turns: OrderedDict[K, Any], key: K, *, ends: bool) -> None:
    """Let the next one have its turn; the one that had it comes last, or not at all."""
    if ends:
        del turns[key]
    else:
        turns.move_to_end(key)


#: The key of all that Python code of this process publishes, in nobody's name.
PUBLISHERS = ("publishers", None)
_owners: WeakValueDictionary[Hashable, Owner] = WeakValueDictionary()
_senders: WeakValueDictionary[Hashable, Sender] = WeakValueDictionary()
forgotten_by(_owners.clear)
forgotten_by(_senders.clear)


def owner_of(key: Hashable) -> Owner:
    """The one of a key; forgotten with the last of its senders."""
    return _owners.setdefault(key, Owner())


def sender_of(key: Hashable) -> Sender:
    """What an owner sends without a connection; forgotten when nothing of it waits any more."""
    return _senders.setdefault(key, Sender(owner_of(key)))
