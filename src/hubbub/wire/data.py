"""A project's own JSON object beside a text: `data`, at most 16 KiB of it. No I/O, no clock."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from django.core.serializers.json import DjangoJSONEncoder

from hubbub.errors import InvalidDataError
from hubbub.wire.codec import encode
from hubbub.wire.depth import DEPTH, measure_depth

#: Bytes of it, written as shortly as JSON can be.
DATA_SIZE = 16 * 1024

_read = msgspec.json.Decoder(dict[str, Any]).decode


def write_data(data: object) -> str:
    """The JSON of an object, empty for None.

    From Python it may hold what Django's own encoder knows: dates, decimals, UUIDs, lazy text.
    Raises InvalidDataError for what is no object, is longer than DATA_SIZE, nests deeper than a
    frame around it may, or has what JSON has not: NaN, infinity, halves of surrogate pairs.
    """
    if data is None:
        return ""
    if not isinstance(data, dict):
        raise InvalidDataError(field="data")
    try:
        written = encode(_read(json.dumps(data, cls=DjangoJSONEncoder, allow_nan=False)))
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        raise InvalidDataError(field="data") from None
    # In a frame it is an object within an object.
    if len(written) > DATA_SIZE or measure_depth(written) >= DEPTH:
        raise InvalidDataError(field="data")
    return written.decode()


def raw_data(written: str | None) -> msgspec.Raw | None:
    """What a frame carries of it."""
    return msgspec.Raw(written.encode()) if written else None
