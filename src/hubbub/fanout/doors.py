"""Where the documented events of Python publishers enter an endpoint.

`group_send("chat_general", {"type": "chat_message", ...})` is public API. Each endpoint registers
a door for its event type; the layer asks here before it treats an event as anybody's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

Event = dict[str, Any]


class Door(NamedTuple):
    """`opens_for` says whether a group is the endpoint's; the others take its events.

    `publish` runs on a thread that may use the database, in the transaction that is open there;
    `apublish` runs on an event loop.
    """

    opens_for: Callable[[str], bool]
    publish: Callable[[str, Event], object]
    apublish: Callable[[str, Event], Awaitable[object]]


Follow = Callable[[str], Awaitable[None]]

_doors: dict[str, Door] = {}
_followers: list[Follow] = []


def open_door(event_type: str, door: Door) -> None:
    """Have events of a type in an endpoint's groups go through its door."""
    _doors[kind_of({"type": event_type})] = door


def find_door(group: str, event: Event) -> Door | None:
    """The door that takes this event of this group, if there is one."""
    door = _doors.get(kind_of(event))
    return door if door is not None and door.opens_for(group) else None


def kind_of(event: Event) -> str:
    """An event's type; Channels calls the same handler for `chat.message` and `chat_message`."""
    kind = event.get("type")
    return kind.replace(".", "_") if isinstance(kind, str) else ""


def is_endpoints(group: str) -> bool:
    """Whether a group is an endpoint's."""
    return any(door.opens_for(group) for door in _doors.values())


def open_follower(follower: Follow) -> None:
    """Have `follower(group)` awaited when a channel has come into a group."""
    _followers.append(follower)


async def follow(group: str) -> None:
    """A channel has come into a group: on return it misses nothing. Raises OverloadedError."""
    for follower in _followers:
        await follower(group)
