"""Who looks at which counter, and how often they are told how many they are."""

from __future__ import annotations

from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING

from hubbub.anew import forgotten_by
from hubbub.counter.messages import count_frame, counter_group
from hubbub.fanout.hub import has_hub, local_hub, publish
from hubbub.presence.pace import Throttle
from hubbub.presence.roll import Roll

if TYPE_CHECKING:
    import asyncio

    from hubbub.accounts.caller import Caller
    from hubbub.counter.messages import Standing
    from hubbub.fanout.hub import Hub

#: Seconds between two `user_count_update`s of a counter: ten a second at most.
INTERVAL = 0.1


class Audience:
    """The people at one counter."""

    __slots__ = ("_group", "_throttle", "_timer", "roll", "standings")

    def __init__(self, name: str) -> None:
        self._group = counter_group(name)
        self._throttle = Throttle(INTERVAL)
        self._timer: asyncio.TimerHandle | None = None
        self.roll = Roll()
        #: What was told last on each event loop, so that the next one to come needs no query.
        self.standings: dict[Hub, Standing] = {}

    def tell(self) -> None:
        """Tell everyone the number, now or as soon as the pace allows."""
        delay = self._throttle.delay(monotonic())
        if delay is None:
            return
        if delay:
            self._timer = local_hub().loop.call_later(delay, self._tell_late)
        else:
            publish(self._group, count_frame(self.roll.count))

    def cancel(self) -> None:
        """There is nobody left to tell."""
        if self._timer is not None:
            self._timer.cancel()

    def _tell_late(self) -> None:
        self._timer = None
        self._throttle.told(monotonic())
        publish(self._group, count_frame(self.roll.count))


_audiences: dict[str, Audience] = {}
_lock = RLock()


def find_standing(name: str, hub: Hub) -> Standing | None:
    """Where a counter stands as its members on this loop were told, if it has any."""
    audience = _audiences.get(name)
    return audience.standings.get(hub) if audience is not None else None


def note_standing(name: str, hub: Hub, standing: Standing) -> None:
    """Remember what the members on this loop are told."""
    audience = _audiences.get(name)
    if audience is not None:
        audience.standings[hub] = standing


def enter_audience(name: str, caller: Caller) -> None:
    """Count a connection in. It must be in the counter's group already, to hear the number."""
    with _lock:
        audience = _audiences.get(name)
        if audience is None:
            audience = _audiences[name] = Audience(name)
        audience.roll.enter(caller.user_id, caller.username)
        audience.tell()


def forget_audiences() -> None:
    """Let go of every counter's audience, which is told nothing; not while somebody serves."""
    global _lock  # noqa: PLW0603 - who held it may not be there any more
    if has_hub():
        return
    _lock = RLock()
    for audience in _audiences.values():
        audience.cancel()
    _audiences.clear()


forgotten_by(forget_audiences)


def leave_audience(name: str, caller: Caller) -> None:
    """Count a connection out."""
    with _lock:
        audience = _audiences.get(name)
        if audience is None:
            return  # it was forgotten
        audience.roll.leave(caller.user_id)
        if audience.roll.count:
            audience.tell()
        else:
            audience.cancel()
            del _audiences[name]
