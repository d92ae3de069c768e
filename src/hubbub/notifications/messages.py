"""The notifications' frames, both ways (API version 1, section 2; additions in `docs/api.md`)."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

from hubbub.errors import InvalidFormatError
from hubbub.fanout.frame import frame_of, make_frame
from hubbub.streams.request import PAGE
from hubbub.wire.codec import LARGEST, payload_of
from hubbub.wire.names import RequestId
from hubbub.wire.plain import plain_text

Priority = Literal["low", "normal", "high"]
PRIORITIES: tuple[str, ...] = get_args(Priority)

Id = Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]


class Read(msgspec.Struct, tag_field="action", tag="read", frozen=True, gc=False):
    """A user has read one notification; `id` is that one's."""

    id: Id


class ReadAll(msgspec.Struct, tag_field="action", tag="read_all", frozen=True, gc=False):
    """A user has read all that it was told; with an `id` of the request, it gets an ack."""

    id: RequestId | None = None


class AskList(msgspec.Struct, tag_field="action", tag="list", frozen=True, gc=False):
    """A user pages through its notifications, newest page first; the answer brings `id` back."""

    before: Id | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE)] = 50
    unread: bool = False
    id: RequestId | None = None


Request = Read | ReadAll | AskList


def check_priority(priority: object) -> str:
    """The priority itself. Raises InvalidFormatError for what is none of the three."""
    text = plain_text(priority, "priority")
    if text not in PRIORITIES:
        raise InvalidFormatError(field="priority")
    return text


class Notified(
    msgspec.Struct, tag_field="type", tag="notification", frozen=True, omit_defaults=True
):
    """What whom it concerns gets. `read` is told of one that is not new: replayed, or in a page."""

    title: str
    message: str
    priority: str
    timestamp: str
    id: int
    data: msgspec.Raw | None = None
    cursor: str = ""
    read: bool | None = None


class Deleted(
    msgspec.Struct, tag_field="type", tag="notification_deleted", frozen=True, omit_defaults=True
):
    """What extended connections get: the notification with the id `deleted` is no more."""

    deleted: int
    timestamp: str
    cursor: str = ""


def stem_of(frame: bytes) -> bytes:
    """A frame's object up to the `cursor` that it has not yet; of no frame, nothing.

    Made once for all who get it with a cursor of their own.
    """
    return payload_of(frame)[:-1] + b',"cursor":"' if frame else b""


def placed_frame(stem: bytes, cursor: str) -> bytes:
    """The frame of `stem`, with a cursor; of nothing, no frame."""
    return make_frame(b'%b%b"}' % (stem, cursor.encode())) if stem else b""


def connected_frame(timestamp: str, cursor: str, unread: int | None = None) -> bytes:
    """The first frame; `unread` for a signed-in user."""
    body: dict[str, object] = {
        "type": "connection_status",
        "status": "connected",
        "message": "Successfully connected to notifications",
        "timestamp": timestamp,
    }
    if unread is not None:
        body["unread"] = unread
    return frame_of(body | {"cursor": cursor})


class Connected(msgspec.Struct, tag_field="type", tag="connection_status", frozen=True):
    """What `subscribed` has of that."""

    cursor: str
    unread: int | None = None


def unread_frame(count: int, cursor: str) -> bytes:
    """How many a user has not read, after all that it was told before."""
    return frame_of({"type": "unread_count", "count": count, "cursor": cursor})


def page_frame(notifications: list[Notified], *, more: bool, request_id: str | None) -> bytes:
    """A page, for who asked; oldest first."""
    body: dict[str, object] = {"type": "notifications"}
    body |= {"notifications": notifications, "more": more}
    if request_id is not None:
        body["id"] = request_id
    return frame_of(body)


def done_frame(request_id: str, timestamp: str) -> bytes:
    """The ack of a request that numbered nothing."""
    return frame_of({"type": "ack", "id": request_id, "timestamp": timestamp})
