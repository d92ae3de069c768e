"""What changes in chat: messages are posted and deleted here, whoever asks for it."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

from hubbub.accounts.shown import stored_name
from hubbub.chat.log import Draft, chat_log, stream_of
from hubbub.chat.messages import ANONYMOUS, check_message, check_username
from hubbub.chat.models import Message
from hubbub.errors import InvalidFormatError, NotFoundError
from hubbub.journal.append import append_now, stores_now, stores_soon
from hubbub.journal.log import Entry
from hubbub.wire.codec import timestamp as write_timestamp
from hubbub.wire.data import write_data
from hubbub.wire.keys import write_key
from hubbub.wire.names import is_name
from hubbub.wire.plain import plain_id, plain_stamp, plain_text

if TYPE_CHECKING:
    from hubbub.journal.log import Stored

GROUP = "chat_"
#: What an event of a Python publisher may have beside its type.
KEYS = ("message", "username", "timestamp", "data")


def message_entry(
    *,
    room: str,
    message: str,
    username: str = ANONYMOUS,
    user_id: object = None,
    timestamp: str | None = None,
    request_id: str = "",
    data: dict[str, Any] | None = None,
) -> Entry:
    """What is to be stored of a message. Raises a Refusal for one that nobody may say."""
    room, username = plain_text(room, "room"), plain_text(username, "username")
    if not is_name(room):
        raise InvalidFormatError(field="room")
    draft = Draft(
        check_message(plain_text(message, "message")),
        check_username(username) if user_id is None else stored_name(username, user_id),
        plain_stamp(timestamp),
        data=write_data(data),
    )
    return draft_entry(room, draft, user_id, plain_id(request_id))


def draft_entry(room: str, draft: Draft, user_id: object, request_id: str) -> Entry:
    """What is to be stored of a message whose parts were looked at when it was read."""
    return Entry(chat_log, stream_of(room), draft, write_key(user_id), request_id)


@stores_now(message_entry)
def post() -> None:
    """Store a message in the caller's transaction; everyone in the room hears it after the commit.

    `timestamp` is passed on as it is, and `data`, a JSON object of at most 16 KiB, beside the text.
    With a `request_id`, the same sender's same message is stored once. A `user_id` speaks under
    `username` whosever name that is: the caller has seen to it.
    Raises a Refusal, and DatabaseError.
    """


@stores_soon(message_entry)
def apost() -> None:
    """As `post`, for async code, which has no transaction: stored with the next commit."""


def delete(*, room: str, seq: int) -> Stored:
    """Take a message's text out of the table, and tell those who know of deletions.

    Raises NotFoundError for a seq under which nothing is said, or nothing any more.
    """
    if not Message.objects.filter(name=room, seq=seq, deletes=None, deleted=False).exists():
        raise NotFoundError
    draft = Draft("", "", write_timestamp(time_ns()), deletes=seq)
    return append_now([Entry(chat_log, stream_of(room), draft)])[0]


def event_entry(group: str, event: dict[str, Any]) -> list[Entry]:
    """Version 1's `chat_message` of a Python publisher. Raises a Refusal for a bad one."""
    words = {key: event[key] for key in KEYS if key in event}
    return [message_entry(room=group.removeprefix(GROUP), **{"message": None} | words)]


def published_stream(group: str) -> str | None:
    """The stream that a publisher means by a group; None if it is no room's."""
    room = group.removeprefix(GROUP)
    return stream_of(room) if group.startswith(GROUP) and is_name(room) else None
