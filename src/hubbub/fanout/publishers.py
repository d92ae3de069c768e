"""The publishers: into which kind an event goes that Python code sends to a group of the layer.

`group_send("chat_general", {"type": "chat_message", ...})` is public API. Each kind has a publisher
for its event type; the layer asks here before it treats an event as anybody's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

Event = dict[str, Any]


class Publisher(NamedTuple):
    """`takes` says whether a group is the kind's; the others take its events.

    `publish` runs on a thread that may use the database, in the transaction that is open there;
    `apublish` runs on an event loop.
    """

    takes: Callable[[str], bool]
    publish: Callable[[str, Event], object]
    apublish: Callable[[str, Event], Awaitable[object]]


Follow = Callable[[str], Awaitable[None]]

_publishers: dict[str, Publisher] = {}
_follows: list[Follow] = []


def open_publisher(event_type: str, publisher: Publisher) -> None:
    """Have events of a type in a kind's groups go to its publisher."""
    _publishers[type_of({"type": event_type})] = publisher


def find_publisher(group: str, event: Event) -> Publisher | None:
    """What takes this event of this group, if there is one."""
    publisher = _publishers.get(type_of(event))
    return publisher if publisher is not None and publisher.takes(group) else None


def type_of(event: Event) -> str:
    """An event's type; Channels calls the same handler for `chat.message` and `chat_message`."""
    found = event.get("type")
    return found.replace(".", "_") if isinstance(found, str) else ""


def is_endpoints(group: str) -> bool:
    """Whether a group is an endpoint's."""
    return any(publisher.takes(group) for publisher in _publishers.values())


def followed_by(follow: Follow) -> None:
    """Have `follow(group)` awaited when a channel has come into a group."""
    _follows.append(follow)


async def follow(group: str) -> None:
    """A channel has come into a group: on return it misses nothing. Raises OverloadedError."""
    for one in _follows:
        await one(group)
