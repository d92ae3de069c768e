"""The notifications' frames (API version 1, section 2)."""

from __future__ import annotations

from typing import Literal, get_args

from hubbub.errors import InvalidFormatError
from hubbub.fanout.frame import make_frame
from hubbub.wire.codec import encode

Priority = Literal["low", "normal", "high"]
PRIORITIES: tuple[str, ...] = get_args(Priority)


def connected_frame(timestamp: str) -> bytes:
    """The first frame."""
    return make_frame(
        encode(
            {
                "type": "connection_status",
                "status": "connected",
                "message": "Successfully connected to notifications",
                "timestamp": timestamp,
            }
        )
    )


def notification_frame(title: str, message: str, priority: str, timestamp: str) -> bytes:
    """A notification, for everyone whom it concerns."""
    return make_frame(
        encode(
            {
                "type": "notification",
                "title": title,
                "message": message,
                "priority": priority,
                "timestamp": timestamp,
            }
        )
    )


def check_priority(priority: object) -> None:
    """Raise InvalidFormatError for what is none of the three."""
    if priority not in PRIORITIES:
        raise InvalidFormatError
