"""What changes in chat: messages are posted here, whoever they come from."""

from __future__ import annotations

from time import time_ns
from typing import Any

from hubbub.chat.messages import ANONYMOUS, Said, check_message, check_username, said_frame
from hubbub.chat.rooms import room_group
from hubbub.errors import InvalidFormatError
from hubbub.fanout.hub import publish
from hubbub.fanout.layer import has_channels, relay
from hubbub.journal.streams import streams
from hubbub.wire.codec import timestamp as write_timestamp
from hubbub.wire.names import is_name

GROUP = "chat_"


def message_post(
    *,
    room: str,
    message: str,
    username: str = ANONYMOUS,
    user_id: int | str | None = None,
    timestamp: str | None = None,
) -> Said:
    """Number a message that was checked, and tell it to everyone in the room. From any thread."""
    group = room_group(room)
    stamp = timestamp or write_timestamp(time_ns())

    def tell(seq: int) -> Said:
        said = Said(message, username, stamp, seq, user_id)
        publish(group, said_frame(said))
        return said

    said = streams.append(group, tell)
    if has_channels(group):
        relay(
            group,
            {"type": "chat_message", "message": message, "username": username, "timestamp": stamp},
        )
    return said


def event_post(group: str, event: dict[str, Any]) -> None:
    """Take version 1's `chat_message` of a Python publisher. Raises a Refusal for a bad one."""
    timestamp = event.get("timestamp")
    if timestamp is not None and not isinstance(timestamp, str):
        raise InvalidFormatError
    message_post(
        room=group.removeprefix(GROUP),
        message=check_message(event.get("message")),
        username=check_username(event.get("username", ANONYMOUS)),
        timestamp=timestamp,
    )


def is_room_group(group: str) -> bool:
    """Whether a group is that of a room's members."""
    return group.startswith(GROUP) and is_name(group.removeprefix(GROUP))
