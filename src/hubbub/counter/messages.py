"""The counter's frames, both ways (API version 1, section 3)."""

from __future__ import annotations

from math import isinf
from typing import Any, Literal, NamedTuple, cast, get_args

import msgspec

from hubbub.errors import InvalidFormatError, OutOfRangeError
from hubbub.fanout.frame import frame_of
from hubbub.wire.codec import LARGEST
from hubbub.wire.names import RequestId

GLOBAL = "global"
GLOBAL_GROUP = "global_counter"
GROUP = "counter_"

Action = Literal["increment", "decrement", "reset"]
ACTIONS: tuple[str, ...] = get_args(Action)


def counter_group(name: str) -> str:
    """The group of a counter's members; public API, Python publishers send to it."""
    return GLOBAL_GROUP if name == GLOBAL else GROUP + name


class Standing(NamedTuple):
    """A counter's value, and the number of the change that made it."""

    counter: int = 0
    version: int = 0


class Change(msgspec.Struct, frozen=True, gc=False):
    """A client changes the counter; `value` is ignored by a reset."""

    action: Action
    value: Any = 1
    id: RequestId | None = None


def read_action(action: object) -> Action:
    """One of the three. Raises InvalidFormatError."""
    if action not in ACTIONS:
        raise InvalidFormatError(field="action")
    return cast("Action", action)


def read_amount(value: object) -> int:
    """An integer that is no boolean and no float. Raises InvalidFormatError, OutOfRangeError."""
    if isinstance(value, float) and isinf(value):  # a number of a thousand digits, or 1e999
        raise OutOfRangeError(field="value")
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidFormatError(field="value")
    if abs(value) > 2 * LARGEST:
        raise OutOfRangeError(field="value")
    return int(value)  # IntegerChoices are integers too


def welcome_frame(counter: int, version: int) -> bytes:
    """The first frame: where the counter stands."""
    return frame_of(
        {
            "type": "counter_update",
            "counter": counter,
            "message": "Connected to counter",
            "version": version,
        }
    )


class Welcome(msgspec.Struct, tag_field="type", tag="counter_update", frozen=True):
    """What `subscribed` has of that."""

    counter: int
    seq: int = msgspec.field(name="version")


class Changed(msgspec.Struct, tag_field="type", tag="counter_update", frozen=True, gc=False):
    """What everyone gets: version 1's keys, the value after the change, and its seq."""

    action: Action
    value: int
    timestamp: str
    counter: int
    version: int


def count_frame(count: int) -> bytes:
    """How many people look at the counter."""
    return frame_of({"type": "user_count_update", "count": count})
