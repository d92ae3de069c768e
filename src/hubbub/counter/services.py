"""What changes a counter, whoever asks for it."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any, Required, TypedDict, Unpack

from hubbub.counter.log import Draft, counter_log, stream_of
from hubbub.counter.messages import (
    GLOBAL,
    GLOBAL_GROUP,
    GROUP,
    Action,
    read_action,
    read_amount,
)
from hubbub.errors import InvalidFormatError
from hubbub.journal.append import append, append_now
from hubbub.journal.log import Entry
from hubbub.wire.codec import timestamp as write_timestamp
from hubbub.wire.keys import write_key
from hubbub.wire.names import is_name

if TYPE_CHECKING:
    from hubbub.journal.log import Stored


class Wish(TypedDict, total=False):
    """A change: `action` is increment, decrement or reset, by `value` (1), of the counter `name`.

    `timestamp` is passed on as it is. With a `request_id`, the same sender's same change is made
    once.
    """

    action: Required[str]
    value: object
    name: str
    user_id: int | str | None
    timestamp: str | None
    request_id: str


def change_entry(**wish: Unpack[Wish]) -> Entry:
    """What is to be stored of a change. Raises InvalidFormatError, OutOfRangeError."""
    name, timestamp = wish.get("name", GLOBAL), wish.get("timestamp")
    if not is_name(name) or not isinstance(timestamp, str | None):
        raise InvalidFormatError
    action: Action = read_action(wish["action"])
    amount = 0 if action == "reset" else read_amount(wish.get("value", 1))
    draft = Draft(action, amount, timestamp or write_timestamp(time_ns()))
    sender = write_key(wish.get("user_id"))
    return Entry(counter_log, stream_of(name), draft, sender, wish.get("request_id", ""))


def change(**wish: Unpack[Wish]) -> Stored:
    """Change a counter in the caller's transaction; everyone hears of it after the commit.

    Raises OutOfRangeError, and then nothing has changed; InvalidFormatError and DatabaseError.
    """
    return append_now([change_entry(**wish)])[0]


async def achange(**wish: Unpack[Wish]) -> Stored:
    """As `change`, for async code, which has no transaction: stored with the next commit."""
    return await append(change_entry(**wish))


def event_entries(group: str, event: dict[str, Any]) -> list[Entry]:
    """Version 1's `counter_update` of a Python publisher. Raises a Refusal for a bad one."""
    entry = change_entry(
        name=counter_name(group) or "",
        action=event.get("action", ""),
        value=event.get("value", 1),
        timestamp=event.get("timestamp"),
    )
    return [entry]


def counter_name(group: str) -> str | None:
    """The counter whose group it is, or None."""
    if group == GLOBAL_GROUP:
        return GLOBAL
    name = group.removeprefix(GROUP)
    return name if group.startswith(GROUP) and is_name(name) and name != GLOBAL else None


def published_stream(group: str) -> str | None:
    """The stream that a publisher means by a group; None if it is no counter's."""
    name = counter_name(group)
    return None if name is None else stream_of(name)
