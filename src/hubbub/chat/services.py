"""What changes in chat: messages are posted, edited and deleted here, whoever asks for it."""

from __future__ import annotations

from datetime import timedelta
from time import time_ns
from typing import TYPE_CHECKING, Any

from django.utils.timezone import now

from hubbub import conf
from hubbub.accounts.shown import stored_name
from hubbub.chat.messages import ANONYMOUS, check_message, check_username
from hubbub.chat.models import Message
from hubbub.chat.table import Body, chat_table, said, stream_of
from hubbub.crossing import off_loop
from hubbub.errors import ForbiddenError, InvalidFormatError, NotFoundError
from hubbub.streams.publishing import Entry, Told, append_now, stores_now, stores_soon
from hubbub.wire.codec import timestamp as write_timestamp
from hubbub.wire.data import write_data
from hubbub.wire.keys import write_key
from hubbub.wire.names import is_name
from hubbub.wire.plain import plain_id, plain_stamp, plain_text

if TYPE_CHECKING:
    from hubbub.streams.publishing import Stored

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
    body = Body(
        check_message(plain_text(message, "message")),
        check_username(username) if user_id is None else stored_name(username, user_id),
        plain_stamp(timestamp),
        data=write_data(data) or None,
    )
    return entry_of(room, body, user_id, plain_id(request_id))


def entry_of(room: str, body: Body, user_id: object, request_id: str) -> Entry:
    """What is to be stored of a message whose parts were looked at when it was read."""
    sender = write_key(user_id)
    told = None if conf.current().chat_store else Told(said(body, sender), body.timestamp)
    return Entry(chat_table, stream_of(room), body, sender, request_id, told)


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


def change_entry(
    *,
    room: str,
    seq: int,
    message: str | None = None,
    user_id: object = None,
    request_id: str = "",
    may_all: bool = True,
) -> Entry:
    """What is to be stored of another text for a message, or without one of its deletion. Blocking.

    Unless one `may_all`, it has to be the user's own, and not older than the setting
    `chat_edit_seconds`. Raises a Refusal: NotFoundError where nothing is said under the seq, or
    nothing any more.
    """
    sender, request_id = write_key(user_id), plain_id(request_id)
    text = "" if message is None else check_message(plain_text(message, "message"))
    if not (request_id and is_stored(room, sender, request_id)):
        check_change(room, seq, sender, may_all=may_all)
    stamp = write_timestamp(time_ns())
    body = Body("", "", stamp, deletes=seq) if message is None else Body(text, "", stamp, edits=seq)
    return Entry(chat_table, stream_of(room), body, sender, request_id)


def client_change(**wish: Any) -> Entry:
    """The same for a client, which knows no message by a seq where none is stored. Blocking."""
    if not conf.current().chat_store:
        raise NotFoundError("nothing is kept")
    return change_entry(**wish)


def is_stored(room: str, sender: str, request_id: str) -> bool:
    """Whether something was stored under an id: then it is told again what became of it."""
    return Message.objects.filter(name=room, sender=sender, request_id=request_id).exists()


def check_change(room: str, seq: int, sender: str, *, may_all: bool) -> None:
    """Let a message be changed. Raises NotFoundError or ForbiddenError."""
    said = Message.objects.filter(name=room, seq=seq, deletes=None, edits=None, deleted=False)
    found = said.values_list("sender", "created").first()
    if found is None:
        raise NotFoundError
    seconds = conf.current().chat_edit_seconds
    if may_all:
        return
    if not sender or found[0] != sender:
        raise ForbiddenError("author")
    if seconds is not None and now() - found[1] > timedelta(seconds=seconds):
        raise ForbiddenError("too late")


def edit(*, room: str, seq: int, message: str, user_id: object = None) -> Stored:
    """Give a message another text, and tell those who know of edits, after the commit.

    Raises NotFoundError for a seq under which nothing is said, or nothing any more, and
    InvalidMessageError.
    """
    return append_now([change_entry(room=room, seq=seq, message=message, user_id=user_id)])[0]


def delete(*, room: str, seq: int, user_id: object = None) -> Stored:
    """Take a message's text out of the table, and tell those who know of deletions.

    Raises NotFoundError for a seq under which nothing is said, or nothing any more.
    """
    return append_now([change_entry(room=room, seq=seq, user_id=user_id)])[0]


aedit = off_loop(edit)
adelete = off_loop(delete)


def event_entries(room: str, event: dict[str, Any]) -> list[Entry]:
    """Version 1's `chat_message` of a Python publisher. Raises a Refusal for a bad one."""
    return [message_entry(room=room, **{"message": None} | event)]


def published_room(group: str) -> str | None:
    """The room that a publisher means by a group; None if it is no room's."""
    room = group.removeprefix(GROUP)
    return room if group.startswith(GROUP) and is_name(room) else None
