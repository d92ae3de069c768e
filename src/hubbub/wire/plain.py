"""What Python code hands over, as the plain text that JSON and databases hold.

Much of Django's text is of a class of its own: what `mark_safe` returns, a choice of TextChoices,
a translation that waits until it is shown. An adapter or an encoder that knows only `str` refuses
it, and what is stored beside it with it.
"""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.functional import Promise
from msgspec.json import Encoder

from hubbub.errors import InvalidFormatError
from hubbub.wire.codec import timestamp
from hubbub.wire.names import ID_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable

#: What a value of a class of its own is as JSON's; `str(value)` may be again of that class.
PLAIN: dict[type, Callable[[Any], object]] = {
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    dict: dict,
    list: list,
}
#: Characters of a timestamp that the tables have room for.
STAMP_LENGTH = 64


def plain_text(value: object, field: str) -> str:
    """The text itself, as a `str` and nothing more.

    Raises InvalidFormatError, with the key, for what is no text or has half a surrogate pair.
    """
    if isinstance(value, Promise):
        value = str(value)
    if not isinstance(value, str):
        raise InvalidFormatError(field=field)
    if type(value) is not str:
        value = str.__str__(value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidFormatError(field=field) from None
    return value


def plain_value(value: object) -> object:
    """What JSON has in place of a value that an encoder does not know: for msgspec's `enc_hook`.

    Text and numbers of a class of their own are what they are; for the rest Django's own encoder
    is asked. Raises TypeError for what it does not know either.
    """
    for known, plain in PLAIN.items():
        if isinstance(value, known):
            return plain(value)
    if isinstance(value, Promise):
        return str(value)
    return DjangoJSONEncoder().default(value)


#: JSON of what Python code hands over.
encode_plain = Encoder(enc_hook=plain_value).encode


def plain_name(value: object) -> object:
    """Text of any class as a `str`; anything else as it is."""
    if isinstance(value, Promise):
        return str(value)
    return str.__str__(value) if isinstance(value, str) else value


def plain_stamp(value: object) -> str:
    """A timestamp as it was chosen, or this moment where none was. Raises InvalidFormatError."""
    if value is None or value == "":
        return timestamp(time_ns())
    stamp = plain_text(value, "timestamp")
    if len(stamp) > STAMP_LENGTH:
        raise InvalidFormatError(field="timestamp")
    return stamp


def plain_id(value: object) -> str:
    """The id of a request, empty for none. Raises InvalidFormatError for one that is too long."""
    request_id = plain_text(value, "request_id")
    if len(request_id) > ID_LENGTH:
        raise InvalidFormatError(field="request_id")
    return request_id
