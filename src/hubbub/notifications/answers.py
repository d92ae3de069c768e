"""The parameters of the inbox's HTTP calls, and the shapes of the answers."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from hubbub.notifications.messages import Priority
from hubbub.streams.request import PAGE
from hubbub.wire.absent import absent
from hubbub.wire.codec import LARGEST


class PageQuery(Schema):
    """Which notifications: the last ones, or those before the one with the id `before`."""

    unread: bool = False
    before: int = Field(default_factory=absent, ge=1, le=LARGEST)
    limit: int = Field(50, ge=1, le=PAGE)


class Kept(Schema):
    """A notification as the socket tells it, and whether the caller has read it."""

    type: Literal["notification"]
    title: str
    message: str
    priority: Priority
    timestamp: str
    id: int
    data: dict[str, Any] | None = None
    read: bool


class Inbox(Schema):
    """A page of notifications, oldest first, and how many are unread in all."""

    notifications: list[Kept]
    unread: int
    more: bool


class Unread(Schema):
    """How many are unread."""

    unread: int
