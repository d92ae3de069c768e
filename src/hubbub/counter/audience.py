"""Who looks at which counter, and how often they are told how many they are."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from hubbub.counter.messages import count_frame, counter_group
from hubbub.fanout.hub import local_hub, publish
from hubbub.presence.crowds import Crowds
from hubbub.presence.pace import Throttle
from hubbub.presence.roll import Roll

if TYPE_CHECKING:
    import asyncio

    from hubbub.counter.messages import Standing
    from hubbub.fanout.hub import Hub
    from hubbub.fanout.outlet import Outlet

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

    def enter(self, user_id: object, username: str, outlet: Outlet | None) -> None:
        """Count a connection in. It is in the counter's group already, and hears the number."""
        del outlet
        self.roll.enter(user_id, username)
        self._tell()

    def leave(self, user_id: object, username: str) -> None:
        """Count a connection out."""
        del username
        self.roll.leave(user_id)
        if self.roll.count:
            self._tell()

    def timers(self) -> int:
        """Whether the number waits for its time."""
        return self._timer is not None

    def cancel(self) -> None:
        """There is nobody left to tell."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self) -> None:
        """Tell everyone the number, now or as soon as the pace allows."""
        delay = self._throttle.delay(monotonic())
        if delay is None:
            return
        if delay:
            self._timer = local_hub().loop.call_later(delay, self._tell_late)
        else:
            publish(self._group, count_frame(self.roll.count))

    def _tell_late(self) -> None:
        self._timer = None
        self._throttle.told(monotonic())
        publish(self._group, count_frame(self.roll.count))


crowds = Crowds(Audience)


def find_standing(name: str, hub: Hub) -> Standing | None:
    """Where a counter stands as its members on this loop were told, if it has any."""
    audience = crowds.find(name)
    return audience.standings.get(hub) if audience is not None else None


def note_standing(name: str, hub: Hub, standing: Standing) -> None:
    """Remember what the members on this loop are told."""
    audience = crowds.find(name)
    if audience is not None:
        audience.standings[hub] = standing
