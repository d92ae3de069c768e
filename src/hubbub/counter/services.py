"""What changes a counter, whoever asks for it."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

from hubbub.counter.messages import LARGEST, Action, Changed, changed_frame, read_amount
from hubbub.errors import InvalidFormatError, OutOfRangeError
from hubbub.fanout.hub import publish
from hubbub.fanout.layer import relay
from hubbub.journal.streams import streams
from hubbub.wire.codec import timestamp as write_timestamp
from hubbub.wire.names import is_name

if TYPE_CHECKING:
    from collections.abc import Callable

GLOBAL = "global"
GLOBAL_GROUP = "global_counter"
GROUP = "counter_"
ACTIONS = ("increment", "decrement", "reset")

#: Where each counter stands; read and written inside of `streams` only.
_values: dict[str, int] = {}


def counter_group(name: str) -> str:
    """The group of a counter's members; public API, Python publishers send to it."""
    return GLOBAL_GROUP if name == GLOBAL else GROUP + name


def counter_name(group: str) -> str | None:
    """The counter whose group it is, or None."""
    if group == GLOBAL_GROUP:
        return GLOBAL
    name = group.removeprefix(GROUP)
    return name if group.startswith(GROUP) and is_name(name) and name != GLOBAL else None


def counter_change(
    *, name: str, action: Action, value: int = 1, timestamp: str | None = None
) -> Changed:
    """Change a counter and tell everyone. From any thread. Raises OutOfRangeError."""
    group = counter_group(name)
    stamp = timestamp or write_timestamp(time_ns())

    def tell(seq: int) -> Changed:
        counter = changed_value(_values.get(name, 0), action, value)
        _values[name] = counter
        change = Changed(action, 0 if action == "reset" else value, stamp, counter, seq)
        publish(group, changed_frame(change))
        return change

    change = streams.append(group, tell)
    relay(
        group,
        {"type": "counter_update", "action": action, "value": change.value, "timestamp": stamp},
    )
    return change


def changed_value(counter: int, action: Action, value: int) -> int:
    """The value after a change. Raises OutOfRangeError."""
    if action == "reset":
        return 0
    result = counter + value if action == "increment" else counter - value
    if abs(result) > LARGEST:
        raise OutOfRangeError
    return result


def counter_look(*, name: str, look: Callable[[int, int], None]) -> None:
    """Call `look(value, version)` at a moment at which nothing changes."""
    group = counter_group(name)
    streams.read(group, lambda seq, _: look(_values.get(name, 0), seq))


def event_post(group: str, event: dict[str, Any]) -> None:
    """Take version 1's `counter_update` of a Python publisher. Raises a Refusal for a bad one."""
    name = counter_name(group)
    action = event.get("action")
    timestamp = event.get("timestamp")
    if name is None or action not in ACTIONS:
        raise InvalidFormatError
    if timestamp is not None and not isinstance(timestamp, str):
        raise InvalidFormatError
    value = 0 if action == "reset" else read_amount(event.get("value", 1))
    counter_change(name=name, action=action, value=value, timestamp=timestamp)
