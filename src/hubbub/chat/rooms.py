"""Who is in which room, and the notices about it.

A room is kept while somebody is in it. Joins and leaves are told one by one until more than twenty
come in a second; then as one notice a second, so that a room of N costs no N² frames.
"""

from __future__ import annotations

from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING

from hubbub.anew import forgotten_by
from hubbub.chat.messages import crowd_frame, notice_frame
from hubbub.fanout.hub import has_hub, local_hub, publish
from hubbub.presence.pace import Storm
from hubbub.presence.roll import Roll

if TYPE_CHECKING:
    import asyncio

    from hubbub.accounts.caller import Caller
    from hubbub.fanout.outlet import Outlet

SECOND = 1.0


def room_group(room: str) -> str:
    """The group of a room's members; public API, Python publishers send to it."""
    return f"chat_{room}"


class Notices:
    """Joins, or leaves, of one room on their way to its members."""

    __slots__ = ("_event", "_room", "_storm", "_timer")

    def __init__(self, room: Room, event: str) -> None:
        self._room = room
        self._event = event
        self._storm = Storm()
        self._timer: asyncio.TimerHandle | None = None

    def tell(self, username: str, skip: Outlet | None = None) -> None:
        """Tell the members but one now, or with many others in a second."""
        if self._storm.let_through(monotonic()):
            frame = notice_frame(self._event, username, self._room.roll.count)
            publish(self._room.group, frame, skip=skip)
        elif self._timer is None:
            self._timer = local_hub().loop.call_later(SECOND, self._tell_crowd)

    def cancel(self) -> None:
        """There is nobody left to tell."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell_crowd(self) -> None:
        self._timer = None
        number = self._storm.collect()
        if number:
            publish(self._room.group, crowd_frame(self._event, number, self._room.roll.count))
        if self._storm.holding:
            self._timer = local_hub().loop.call_later(SECOND, self._tell_crowd)


class Room:
    """The people in a room."""

    __slots__ = ("group", "joined", "left", "name", "roll")

    def __init__(self, name: str) -> None:
        self.name = name
        self.group = room_group(name)
        self.roll = Roll()
        self.joined = Notices(self, "user_joined")
        self.left = Notices(self, "user_left")


_rooms: dict[str, Room] = {}
_lock = RLock()


def find_room(name: str) -> Room | None:
    """The room, if somebody is in it."""
    return _rooms.get(name)


def enter_room(name: str, caller: Caller, outlet: Outlet) -> None:
    """Count a connection in, before it joins: the others are told, it is not (version 1's flow)."""
    with _lock:
        room = _rooms.get(name)
        if room is None:
            room = _rooms[name] = Room(name)
        if room.roll.enter(caller.user_id, caller.username):
            room.joined.tell(caller.username, skip=outlet)


def forget_rooms() -> None:
    """Let go of every room and of those in it, who are told nothing; not while somebody serves."""
    global _lock  # noqa: PLW0603 - who held it may not be there any more
    if has_hub():
        return
    _lock = RLock()
    for room in _rooms.values():
        room.joined.cancel()
        room.left.cancel()
    _rooms.clear()


forgotten_by(forget_rooms)


def leave_room(name: str, caller: Caller, outlet: Outlet) -> None:
    """End a connection's membership; those who stay are told when the person's last one goes."""
    with _lock:
        local_hub().leave(room_group(name), outlet)
        room = _rooms.get(name)
        if room is None:
            return  # it was forgotten
        if room.roll.leave(caller.user_id):
            room.left.tell(caller.username)
        if not room.roll.count:
            room.joined.cancel()
            room.left.cancel()
            del _rooms[name]
