"""What changes a counter, whoever asks for it."""

from __future__ import annotations

from typing import Any

from hubbub.counter.messages import (
    GLOBAL,
    GLOBAL_GROUP,
    GROUP,
    read_action,
    read_amount,
)
from hubbub.counter.table import Body, counter_table
from hubbub.errors import InvalidFormatError
from hubbub.streams.publishing import Entry, stores_now, stores_soon
from hubbub.wire.keys import write_key
from hubbub.wire.names import is_name
from hubbub.wire.plain import plain_id, plain_name, plain_stamp, plain_text

#: What an event of a Python publisher may have beside its type.
KEYS = ("action", "value", "timestamp")


def change_entry(
    *,
    action: str,
    value: object = 1,
    name: str = GLOBAL,
    user_id: object = None,
    timestamp: str | None = None,
    request_id: str = "",
) -> Entry:
    """What is to be stored of a change. Raises InvalidFormatError, OutOfRangeError."""
    name, wanted = plain_text(name, "name"), read_action(plain_name(action))
    if not is_name(name):
        raise InvalidFormatError(field="name")
    amount = 0 if wanted == "reset" else read_amount(value)
    body = Body(wanted, amount, plain_stamp(timestamp))
    stream = counter_table.stream_of(name)
    return Entry(counter_table, stream, body, write_key(user_id), plain_id(request_id))


@stores_now(change_entry)
def change() -> None:
    """Change a counter in the caller's transaction; everyone hears of it after the commit.

    `action` is increment, decrement or reset, by `value`, of the counter `name`; `timestamp` is
    passed on as it is. With a `request_id`, the same sender's same change is made once.
    Raises OutOfRangeError, and then nothing has changed; InvalidFormatError and DatabaseError.
    """


@stores_soon(change_entry)
def achange() -> None:
    """As `change`, for async code, which has no transaction: stored with the next commit."""


def event_entries(name: str, event: dict[str, Any]) -> list[Entry]:
    """Version 1's `counter_update` of a Python publisher. Raises a Refusal for a bad one."""
    return [change_entry(name=name, **{"action": ""} | event)]


def published_counter(group: str) -> str | None:
    """The counter that a publisher means by a group; None if it is no counter's."""
    if group == GLOBAL_GROUP:
        return GLOBAL
    name = group.removeprefix(GROUP)
    return name if group.startswith(GROUP) and is_name(name) and name != GLOBAL else None
