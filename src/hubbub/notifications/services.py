"""What is sent to users, whoever sends it."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

from hubbub.errors import InvalidFormatError
from hubbub.fanout.hub import publish
from hubbub.fanout.layer import relay
from hubbub.journal.streams import streams
from hubbub.notifications.messages import check_priority, notification_frame
from hubbub.wire.codec import timestamp as write_timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUP = "notifications_"
#: Without the underscore: no user's key, whatever it is, can make this name.
EVERYONE = "notifications"


def user_group(user_id: int | str) -> str:
    """The group of a user's connections; public API, Python publishers send to it."""
    return f"{GROUP}{user_id}"


def send_notification(
    *,
    title: str,
    message: str,
    priority: str = "normal",
    user_ids: Sequence[int | str] | None = None,
    timestamp: str | None = None,
) -> None:
    """Send to some users, or to everyone if `user_ids` is None. From any thread.

    Raises InvalidFormatError for an unknown priority.
    """
    check_priority(priority)
    groups = [EVERYONE] if user_ids is None else [user_group(user_id) for user_id in user_ids]
    stamp = timestamp or write_timestamp(time_ns())
    frame = notification_frame(title, message, priority, stamp)
    event = {
        "type": "send_notification",
        "title": title,
        "message": message,
        "priority": priority,
        "timestamp": stamp,
    }
    for group in groups:
        tell_group(group, frame, event)


def tell_group(group: str, frame: bytes, event: dict[str, Any]) -> None:
    """Number one notification in its stream, and tell it."""
    streams.append(group, lambda _: publish(group, frame))
    relay(group, event)


def event_post(group: str, event: dict[str, Any]) -> None:
    """Take version 1's `send_notification` of a Python publisher. Raises InvalidFormatError."""
    title, message = event.get("title"), event.get("message")
    priority = event.get("priority", "normal")
    timestamp = event.get("timestamp")
    if not (isinstance(title, str) and isinstance(message, str)):
        raise InvalidFormatError
    if timestamp is not None and not isinstance(timestamp, str):
        raise InvalidFormatError
    user_ids = None if group == EVERYONE else [group.removeprefix(GROUP)]
    send_notification(
        title=title, message=message, priority=priority, user_ids=user_ids, timestamp=timestamp
    )


async def aevent_post(group: str, event: dict[str, Any]) -> None:
    """As `event_post`, on an event loop."""
    event_post(group, event)


def is_user_group(group: str) -> bool:
    """Whether a group is that of a user's connections, or of everyone's."""
    return group == EVERYONE or (group.startswith(GROUP) and len(group) > len(GROUP))
