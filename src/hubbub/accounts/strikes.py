"""Wrong passwords of one account, wherever they come from, and how long they make the next wait."""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

#: Wrong passwords that cost nothing: a person who has forgotten which of a few it was.
FREE = 20
#: Seconds after the next one, twice as many after each further one, up to the longest.
FIRST_WAIT, LONGEST_WAIT = 1, 900
#: More of them than this make nobody wait longer, nor are they remembered longer.
MOST = FREE + 11
#: Seconds in which one is forgiven. So who goes on for ever tries one in so many, and no more.
FORGIVEN = 900
#: Accounts that are remembered; a name that nobody has counts too.
ACCOUNTS = 100_000
#: Where there are more, that one is forgotten which has the fewest of so many, tried longest ago.
#: To push out one that is under attack takes as many wrong passwords as accounts are remembered.
OLDEST = 16


class Strikes:
    """Counts by account; a right password is taken back. From any thread."""

    def __init__(self, accounts: int = ACCOUNTS) -> None:
        self._accounts = accounts
        #: How many, as of when the last one came.
        self._counts: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: Hashable, now: float) -> float:
        """Count one more: 0.0 if it may be tried, else the seconds until it may."""
        with self._lock:
            count, stamp = self._counts.get(key, (0.0, now))
            wait = stamp + wait_after(count) - now
            if wait > 0:
                return wait
            self._counts[key] = (min(MOST, forgiven(count, now - stamp) + 1), now)
            self._counts.move_to_end(key)
            if len(self._counts) > self._accounts:
                oldest = islice(self._counts, OLDEST)
                del self._counts[min(oldest, key=lambda other: self._counts[other][0])]
            return 0.0

    def give_back(self, key: Hashable) -> None:
        """Take the last one back: it was right, or could not be tried."""
        with self._lock:
            count, stamp = self._counts.get(key, (0.0, 0.0))
            if count > 1:
                self._counts[key] = (count - 1, stamp)
            else:
                self._counts.pop(key, None)


def wait_after(count: float) -> float:
    """How long the next try has to wait after so many wrong ones."""
    return 0.0 if count <= FREE else min(FIRST_WAIT * 2 ** (count - FREE - 1), LONGEST_WAIT)


def forgiven(count: float, seconds: float) -> float:
    """How many are left after some time."""
    return max(0.0, count - seconds / FORGIVEN)
