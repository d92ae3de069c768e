"""Who is in which room, and the notices about it.

A room is kept while somebody is in it. Joins and leaves are told one by one until more than twenty
come in a second; then as one notice a second, so that a room of N costs no N² frames.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from hubbub.chat.messages import crowd_frame, notice_frame
from hubbub.fanout.hub import local_hub, publish
from hubbub.presence.crowds import Crowds
from hubbub.presence.pace import Storm
from hubbub.presence.roll import Roll

if TYPE_CHECKING:
    import asyncio

    from hubbub.fanout.outlet import Outlet

SECOND = 1.0


def room_group(room: str) -> str:
    """The group of a room's members; public API, Python publishers send to it."""
    return f"chat_{room}"


class Notices:
    """Joins, or leaves, of one room on their way to its members."""

    __slots__ = ("_event", "_room", "_storm", "timer")

    def __init__(self, room: Room, event: str) -> None:
        self._room = room
        self._event = event
        self._storm = Storm()
        self.timer: asyncio.TimerHandle | None = None

    def tell(self, username: str, skip: Outlet | None = None) -> None:
        """Tell the members but one now, or with many others in a second."""
        if self._storm.let_through(monotonic()):
            frame = notice_frame(self._event, username, self._room.roll.count)
            publish(self._room.group, frame, skip=skip)
        elif self.timer is None:
            self.timer = local_hub().loop.call_later(SECOND, self._tell_crowd)

    def cancel(self) -> None:
        """There is nobody left to tell."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _tell_crowd(self) -> None:
        self.timer = None
        number = self._storm.collect()
        if number:
            publish(self._room.group, crowd_frame(self._event, number, self._room.roll.count))
        if self._storm.holding:
            self.timer = local_hub().loop.call_later(SECOND, self._tell_crowd)


class Room:
    """The people in a room. One who comes is counted before it joins, and told nothing (v1)."""

    __slots__ = ("group", "joined", "left", "roll")

    def __init__(self, name: str) -> None:
        self.group = room_group(name)
        self.roll = Roll()
        self.joined = Notices(self, "user_joined")
        self.left = Notices(self, "user_left")

    def enter(self, user_id: object, username: str, outlet: Outlet | None) -> None:
        """Count a connection in; the others are told when it is the person's first one."""
        if self.roll.enter(user_id, username):
            self.joined.tell(username, skip=outlet)

    def leave(self, user_id: object, username: str) -> None:
        """Count a connection out; those who stay are told when it was the person's last one."""
        if self.roll.leave(user_id):
            self.left.tell(username)

    def timers(self) -> int:
        """How many notices wait for their second."""
        return (self.joined.timer is not None) + (self.left.timer is not None)

    def cancel(self) -> None:
        """There is nobody left to tell."""
        self.joined.cancel()
        self.left.cancel()


crowds = Crowds(Room)
find_room = crowds.find
