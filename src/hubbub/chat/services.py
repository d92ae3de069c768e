"""What changes in chat: messages are posted and deleted here, whoever asks for it."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any, Required, TypedDict, Unpack

from hubbub.chat.log import Draft, chat_log, stream_of
from hubbub.chat.messages import ANONYMOUS, check_message, check_username
from hubbub.chat.models import Message
from hubbub.errors import InvalidFormatError, NotFoundError
from hubbub.journal.append import append, append_now
from hubbub.journal.log import Entry
from hubbub.wire.codec import timestamp as write_timestamp
from hubbub.wire.keys import write_key
from hubbub.wire.names import is_name

if TYPE_CHECKING:
    from hubbub.journal.log import Stored

GROUP = "chat_"


class Words(TypedDict, total=False):
    """What is said: `room` and `message`, and what else is known of it.

    `timestamp` is passed on as it is. With a `request_id`, the same sender's same message is stored
    once. A `user_id` speaks under `username` whosever name that is: the caller has seen to it.
    """

    room: Required[str]
    message: Required[str]
    username: str
    user_id: int | str | None
    timestamp: str | None
    request_id: str


def message_entry(**words: Unpack[Words]) -> Entry:
    """What is to be stored of a message. Raises a Refusal for one that nobody may say."""
    room, timestamp = words["room"], words.get("timestamp")
    username, user_id = words.get("username", ANONYMOUS), words.get("user_id")
    if not is_name(room) or not isinstance(timestamp, str | None):
        raise InvalidFormatError
    draft = Draft(
        check_message(words["message"]),
        check_username(username) if user_id is None else username,
        timestamp or write_timestamp(time_ns()),
    )
    return draft_entry(room, draft, user_id, words.get("request_id", ""))


def draft_entry(room: str, draft: Draft, user_id: int | str | None, request_id: str) -> Entry:
    """What is to be stored of a message whose parts were looked at when it was read."""
    return Entry(chat_log, stream_of(room), draft, write_key(user_id), request_id)


def post(**words: Unpack[Words]) -> Stored:
    """Store a message in the caller's transaction; everyone in the room hears it after the commit.

    Raises a Refusal, and DatabaseError.
    """
    return append_now([message_entry(**words)])[0]


async def apost(**words: Unpack[Words]) -> Stored:
    """As `post`, for async code, which has no transaction: stored with the next commit."""
    return await append(message_entry(**words))


def delete(*, room: str, seq: int) -> Stored:
    """Take a message's text out of the table, and tell those who know of deletions.

    Raises NotFoundError for a seq under which nothing is said, or nothing any more.
    """
    if not Message.objects.filter(room=room, seq=seq, deletes=None, deleted=False).exists():
        raise NotFoundError
    draft = Draft("", "", write_timestamp(time_ns()), deletes=seq)
    return append_now([Entry(chat_log, stream_of(room), draft)])[0]


def event_entry(group: str, event: dict[str, Any]) -> list[Entry]:
    """Version 1's `chat_message` of a Python publisher. Raises a Refusal for a bad one."""
    return [
        message_entry(
            room=group.removeprefix(GROUP),
            message=event.get("message"),  # type: ignore[arg-type]  # checked there
            username=event.get("username", ANONYMOUS),
            timestamp=event.get("timestamp"),
        )
    ]


def published_stream(group: str) -> str | None:
    """The stream that a publisher means by a group; None if it is no room's."""
    room = group.removeprefix(GROUP)
    return stream_of(room) if group.startswith(GROUP) and is_name(room) else None
