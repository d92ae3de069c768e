"""The counter's frames, both ways (API version 1, section 3)."""

from __future__ import annotations

from typing import Literal

import msgspec

from hubbub.errors import InvalidFormatError, OutOfRangeError
from hubbub.fanout.frame import make_frame
from hubbub.wire.codec import decode, encode

#: Integers up to here are exact in every JSON reader (RFC 8259 section 6).
LARGEST = 2**53 - 1

Action = Literal["increment", "decrement", "reset"]


class Change(msgspec.Struct, frozen=True, gc=False):
    """A client changes the counter; `value` is ignored by a reset."""

    action: Action
    value: msgspec.Raw = msgspec.Raw(b"1")


_decoder = msgspec.json.Decoder(Change)


def read_change(payload: str | bytes) -> tuple[Action, int]:
    """A client's frame: what to do, and by how much. Raises InvalidJSONError, InvalidFormatError
    or OutOfRangeError.
    """
    change = decode(_decoder, payload)
    if change.action == "reset":
        return change.action, 0
    try:
        value = msgspec.json.decode(change.value)
    except msgspec.ValidationError:  # a number of a thousand digits, or 1e999
        raise OutOfRangeError from None
    return change.action, read_amount(value)


def read_amount(value: object) -> int:
    """An integer that is no boolean and no float. Raises InvalidFormatError, OutOfRangeError."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidFormatError
    if abs(value) > 2 * LARGEST:
        raise OutOfRangeError
    return value


def welcome_frame(counter: int, version: int) -> bytes:
    """The first frame: where the counter stands."""
    return make_frame(
        encode(
            {
                "type": "counter_update",
                "counter": counter,
                "message": "Connected to counter",
                "version": version,
            }
        )
    )


class Changed(msgspec.Struct, tag_field="type", tag="counter_update", frozen=True, gc=False):
    """What everyone gets: version 1's keys, the value after the change, and its seq."""

    action: Action
    value: int
    timestamp: str
    counter: int
    version: int


def changed_frame(changed: Changed) -> bytes:
    """A change, for everyone."""
    return make_frame(encode(changed))


def count_frame(count: int) -> bytes:
    """How many people look at the counter."""
    return make_frame(encode({"type": "user_count_update", "count": count}))
