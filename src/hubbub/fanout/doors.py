"""Where the documented events of Python publishers enter an endpoint.

`group_send("chat_general", {"type": "chat_message", ...})` is public API. Each endpoint registers
a door for its event type; the layer asks here before it treats an event as anybody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Event = dict[str, Any]


class Door(NamedTuple):
    """`opens_for` says whether a group is the endpoint's; the others take its events.

    `publish` runs on a thread that may use the database, in the transaction that is open there;
    `apublish` runs on an event loop.
    """

    opens_for: Callable[[str], bool]
    publish: Callable[[str, Event], object]
    apublish: Callable[[str, Event], Awaitable[object]]


_doors: dict[str, Door] = {}


def open_door(event_type: str, door: Door) -> None:
    """Have events of a type in an endpoint's groups go through its door."""
    _doors[event_type] = door


def find_door(group: str, event: Event) -> Door | None:
    """The door that takes this event of this group, if there is one."""
    door = _doors.get(event.get("type", ""))
    return door if door is not None and door.opens_for(group) else None
