"""JSON in and out, with the published sentences for what cannot be read. No I/O, no clock."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from hubbub.errors import InvalidFormatError, InvalidJSONError
from hubbub.wire.depth import check_depth

if TYPE_CHECKING:
    from hubbub.errors import Refusal

#: Integers up to here are exact in every JSON reader (RFC 8259 section 6).
LARGEST = 2**53 - 1
#: Bytes before a frame's content by its second byte, the length or the size of the length.
HEADERS = {126: 4, 127: 10}

#: Where msgspec's sentences name a key of the object; one that is within it counts as its own.
FIELD = re.compile(r"at `\$\.(\w+)|required field `(\w+)`")

T = TypeVar("T")

encode = msgspec.json.Encoder().encode
_decode_any = msgspec.json.Decoder().decode


class Unreadable:
    """The value of a key that was sent and is of no type: text with half a surrogate pair."""


UNREADABLE = Unreadable()


def decode(decoder: msgspec.json.Decoder[T], payload: str | bytes) -> T:
    """Read a client's message. Raises InvalidJSONError or InvalidFormatError."""
    check_depth(payload)
    try:
        # A text frame was checked when it came; msgspec looks at the UTF-8 of known keys only.
        return decoder.decode(payload if isinstance(payload, str) else payload.decode())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return convert(decode_any(payload), decoder.type)


def convert(content: object, kind: type[T]) -> T:
    """The message in what `decode_any` read. Raises InvalidJSONError or InvalidFormatError."""
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise misfit(content, field_in(str(error))) from None


def misfit(content: object, field: str = "") -> Refusal:
    """What to say of content that is none of the messages that there are; `field` is at fault."""
    if not isinstance(content, dict):
        return InvalidFormatError()
    unreadable = UNREADABLE in content.values()
    return InvalidJSONError() if unreadable else InvalidFormatError(field=field)


def field_in(complaint: str) -> str:
    """The key that msgspec complains of, one of our own; empty where it is none."""
    found = FIELD.search(complaint)
    return found[1] or found[2] if found else ""


def decode_any(payload: str | bytes) -> object:
    """Read any JSON into dicts, lists and scalars. Raises InvalidJSONError."""
    check_depth(payload)
    try:
        return _decode_any(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return decode_odd(payload)


def decode_odd(payload: str | bytes) -> object:
    """Read JSON with values that msgspec does not hold, so that they harm no other key.

    RFC 8259 allows numbers of any size (section 6): they are infinite here. And it allows halves of
    surrogate pairs (section 8.2): a key whose value has one is `UNREADABLE`. Raises
    InvalidJSONError.
    """
    try:
        text = payload.encode() if isinstance(payload, str) else payload
        content = json.loads(text.decode(), parse_int=read_integer, parse_constant=refuse_constant)
        if isinstance(content, dict):
            return {
                key: value if is_text(value) else UNREADABLE
                for key, value in content.items()
                if is_text(key)
            }
    except (ValueError, RecursionError):
        raise InvalidJSONError from None
    if not is_text(content):
        raise InvalidJSONError
    return content


def read_integer(digits: str) -> int | float:
    """An integer, or infinity for one that Python does not read (`sys.get_int_max_str_digits`)."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def refuse_constant(name: str) -> object:
    """Raise ValueError: NaN and Infinity are no JSON."""
    raise ValueError(name)


def is_text(value: object) -> bool:
    """Whether all texts in a value can be written as UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def read_frame(frame: bytes) -> dict[str, Any]:
    """The object in one of our own text frames (`fanout/frame.py`)."""
    content: dict[str, Any] = _decode_any(payload_of(frame))
    return content


def payload_of(frame: bytes) -> bytes:
    """The JSON in one of our own text frames."""
    return frame[HEADERS.get(frame[1], 2) :]


@lru_cache(maxsize=2)
def _write_second(second: str) -> str:
    return datetime.fromtimestamp(int(second), UTC).strftime("%Y-%m-%dT%H:%M:%S.")


def timestamp(now: int) -> str:
    """A moment (`time.time_ns()`) as the API writes it: UTC, ISO 8601, microseconds, offset.

    `datetime.isoformat` takes 2.4 µs, six times this, and leaves the decimals out where they are 0.
    """
    digits = str(now).zfill(10)
    return _write_second(digits[:-9]) + digits[-9:-3] + "+00:00"


def is_longer(payload: str | bytes, limit: int) -> bool:
    """Whether a message has more bytes than that on the wire."""
    sent = payload.encode(errors="replace") if isinstance(payload, str) else payload
    return len(sent) > limit
