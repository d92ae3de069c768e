"""What is sent to users, and what they read of it, whoever asks for it."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

from django.db import DataError, transaction

from hubbub.accounts.users import user_key
from hubbub.crossing import in_database
from hubbub.database import alias
from hubbub.errors import InvalidFormatError
from hubbub.notifications.inbox import NOBODY, inbox_of, stream_of
from hubbub.notifications.messages import check_priority
from hubbub.notifications.reading import NothingUnreadError, ReadAll, ReadOne
from hubbub.notifications.selectors import notification_find
from hubbub.notifications.table import Body, inbox_table
from hubbub.streams.publishing import Entry, append, append_now
from hubbub.wire.codec import timestamp as write_timestamp
from hubbub.wire.data import write_data
from hubbub.wire.keys import write_key
from hubbub.wire.plain import plain_id, plain_stamp, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubbub.notifications.cursor import Positions
    from hubbub.streams.publishing import Stored

    UserId = int | str | object

#: What an event of a Python publisher may have beside its type.
KEYS = ("title", "message", "priority", "timestamp", "data")
#: Streams that are locked by one statement.
CHUNK = 500


def send(
    *,
    title: str,
    message: str,
    priority: str = "normal",
    user_id: UserId | None = None,
    user_ids: Iterable[UserId] | None = None,
    timestamp: str | None = None,
    sender_id: object = None,
    request_id: str = "",
    data: dict[str, Any] | None = None,
) -> list[Stored]:
    """Send to one user, to some, or with neither to everyone, in the caller's transaction.

    They hear it after the commit, or never. `data`, a JSON object of at most 16 KiB, is passed on
    beside the text; a link is its `url`. With a `request_id`, the same sender's same notification
    is stored once in each inbox. Raises InvalidFormatError, InvalidDataError, IdConflictError.
    """
    body = checked_body(title, message, priority, timestamp, data)
    inboxes = recipients(user_id, user_ids)
    return send_all(entries_of(body, inboxes, sender_id, request_id))


async def asend(
    *,
    title: str,
    message: str,
    priority: str = "normal",
    user_id: UserId | None = None,
    user_ids: Iterable[UserId] | None = None,
    timestamp: str | None = None,
    sender_id: object = None,
    request_id: str = "",
    data: dict[str, Any] | None = None,
) -> list[Stored]:
    """As `send`, for async code, which has no transaction: stored with the next commit.

    For some users: in one transaction.
    """
    body = checked_body(title, message, priority, timestamp, data)
    inboxes = recipients(user_id, user_ids)
    entries = entries_of(body, inboxes, sender_id, request_id)
    if len(entries) == 1:
        return [await append(entries[0])]
    return await in_database(send_all, entries)


def send_all(entries: list[Entry]) -> list[Stored]:
    """Store entries in one transaction, the streams locked in the order of their names.

    Raises InvalidFormatError for a text that the database takes not at all: PostgreSQL, with a NUL.
    """
    try:
        with transaction.atomic(using=alias()):
            return [
                stored
                for start in range(0, len(entries), CHUNK)
                for stored in append_now(entries[start : start + CHUNK])
            ]
    except DataError:
        raise InvalidFormatError from None


def delete(*, number: int) -> Stored:
    """Take a notification's text out of the table, and tell those who know of deletions.

    Raises NotFoundError.
    """
    with transaction.atomic(using=alias()):
        found = notification_find(number=number)
        body = Body("", "", "", write_timestamp(time_ns()), deletes=number)
        return append_now([Entry(inbox_table, stream_of(found.inbox), body)])[0]


def read(*, user_id: UserId, number: int) -> bool:
    """A user has read the notification with this id; its connections hear of it after the commit.

    False if it had read it before: then nothing is stored. Raises NotFoundError for one that it
    did not get.
    """
    return store_reading(user_id, ReadOne(number, write_timestamp(time_ns())))


def read_all(*, user_id: UserId, upto: Positions | None = None) -> bool:
    """A user has read all, or all up to a position; its connections hear of it after the commit.

    False if there was nothing unread: then nothing is stored.
    """
    return store_reading(user_id, ReadAll(upto, write_timestamp(time_ns())))


def store_reading(user_id: UserId, reading: ReadOne | ReadAll) -> bool:
    """Store a reading as an event of the user's own stream, unless it would change nothing."""
    try:
        append_now([Entry(inbox_table, stream_of(inbox_of(user_id)), reading)])
    except NothingUnreadError:
        return False
    return True


def recipients(user_id: UserId | None, user_ids: Iterable[UserId] | None) -> list[str]:
    """The inboxes that are meant, each once. Raises InvalidFormatError for both ways at once."""
    if user_ids is None:
        return [NOBODY] if user_id is None else [inbox_of(user_key(user_id, "user_id"))]
    if user_id is not None or isinstance(user_ids, str):
        raise InvalidFormatError(field="user_ids")
    return sorted({inbox_of(user_key(user, "user_ids")) for user in user_ids})


def checked_body(
    title: object = None,
    message: object = None,
    priority: object = "normal",
    timestamp: object = None,
    data: object = None,
) -> Body:
    """What is to be stored. Raises InvalidFormatError, InvalidDataError."""
    return Body(
        plain_text(title, "title"),
        plain_text(message, "message"),
        check_priority(priority),
        plain_stamp(timestamp),
        data=write_data(data) or None,
    )


def entries_of(
    body: Body, inboxes: Iterable[str], sender_id: object = None, request_id: str = ""
) -> list[Entry]:
    """One for each inbox. Raises InvalidFormatError for an id that is too long."""
    sender, request_id = write_key(sender_id), plain_id(request_id)
    return [Entry(inbox_table, stream_of(inbox), body, sender, request_id) for inbox in inboxes]


def event_entries(inbox: str, event: dict[str, Any]) -> list[Entry]:
    """Version 1's `send_notification` of a Python publisher. Raises InvalidFormatError."""
    return entries_of(checked_body(**event), [inbox])
