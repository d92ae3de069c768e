"""Buckets and seats by key (a user, an address), bounded in number."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from hubbub.anew import forgotten_by
from hubbub.limits.bucket import Bucket

if TYPE_CHECKING:
    from collections.abc import Hashable

#: Keys remembered at most; the one used longest ago is forgotten, which can only be generous.
KEYS = 100_000


class Buckets:
    """One bucket a key."""

    def __init__(self, keys: int = KEYS) -> None:
        self._keys = keys
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()
        self._lock = Lock()

    def take(self, key: Hashable, count: int, seconds: float, now: float) -> float:
        """As `Bucket.take`, of the key's bucket."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = Bucket(count, now)
                if len(self._buckets) > self._keys:
                    self._buckets.popitem(last=False)
            else:
                self._buckets.move_to_end(key)
            return bucket.take(count, seconds, now)

    def give_back(self, key: Hashable, count: int) -> None:
        """As `Bucket.give_back`; of a bucket that is forgotten there is nothing to take back."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is not None and bucket.give_back(count):
                del self._buckets[key]  # as if it had never been

    def clear(self) -> None:
        """Forget every key. Waits for no lock: in a child process its holder may not be there."""
        self._buckets, self._lock = OrderedDict(), Lock()


#: Of users and of addresses, over all connections and all HTTP requests of the process.
shared_buckets = Buckets()
forgotten_by(shared_buckets.clear)


class Seats:
    """How many of something a key holds now; bounded by what is held."""

    def __init__(self) -> None:
        self._held: dict[Hashable, int] = {}
        self._lock = Lock()

    def take(self, key: Hashable, cap: int | None) -> bool:
        """Take one more, unless the key holds `cap` already."""
        with self._lock:
            held = self._held.get(key, 0)
            if cap is not None and held >= cap:
                return False
            self._held[key] = held + 1
            return True

    def give_back(self, key: Hashable) -> None:
        """Give one back."""
        with self._lock:
            held = self._held.get(key, 0) - 1
            if held > 0:
                self._held[key] = held
            else:
                self._held.pop(key, None)

    def held(self, key: Hashable) -> int:
        """How many a key holds."""
        return self._held.get(key, 0)

    def clear(self) -> None:
        """Forget every key, as `Buckets` do; what is given back afterwards was held by nobody."""
        self._held, self._lock = {}, Lock()
