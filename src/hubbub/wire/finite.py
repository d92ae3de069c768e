"""Numbers that are none, which a client's message may have all the same. No I/O, no clock."""

from __future__ import annotations

from dataclasses import is_dataclass
from decimal import Decimal
from math import isfinite

from msgspec import Struct, structs

from hubbub.errors import InvalidFormatError


def check_finite(message: Struct) -> None:
    """Raise InvalidFormatError, with the key, for a message that has NaN or infinity in it.

    msgspec reads a `Decimal` of such text, and a float that is too large is infinite
    (`codec.decode_odd`). Code that compares them raises, or takes the second for the highest bid.
    """
    names = zip(message.__struct_fields__, message.__struct_encode_fields__, strict=True)
    for attribute, key in names:
        if not is_finite(getattr(message, attribute)):
            raise InvalidFormatError(field=key)


def is_finite(value: object) -> bool:
    """Whether every number in a value that was read is one; it nests as deep as JSON may."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, Struct):
        value = structs.asdict(value)
    elif is_dataclass(value):
        value = {name: getattr(value, name) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return all(map(is_finite, value.values()))
    return not isinstance(value, list | tuple | set | frozenset) or all(map(is_finite, value))
