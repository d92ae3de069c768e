"""Token bucket arithmetic: no clock, no store."""

from __future__ import annotations

#: A whole one, less what floating point loses on the way: whoever waits as told must pass.
ONE = 1.0 - 1e-5


class Bucket:
    """Room for `count` at once, which refills evenly over `seconds`."""

    __slots__ = ("_room", "_stamp")

    def __init__(self, count: int, now: float) -> None:
        self._room = float(count)
        self._stamp = now

    def take(self, count: int, seconds: float, now: float) -> float:
        """Take one: 0.0 if there was room, else the seconds until there will be."""
        room = min(float(count), self._room + (now - self._stamp) * count / seconds)
        self._stamp = now
        if room >= ONE:
            self._room = max(0.0, room - 1.0)
            return 0.0
        self._room = room
        return (1.0 - room) * seconds / count

    def give_back(self, count: int) -> bool:
        """Take the last `take` back; True if nothing else was taken."""
        self._room = min(float(count), self._room + 1.0)
        return self._room >= count - 1.0 + ONE
