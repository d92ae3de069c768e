"""An account's primary key as text: 7 is `7`, and the text abc is `"abc"`, so both come back."""

from __future__ import annotations

import msgspec

from hubbub.errors import InvalidFormatError
from hubbub.wire.plain import plain_text

#: Characters of a key, written, that the tables have room for.
KEY_LENGTH = 255


def write_key(key: object) -> str:
    """A key as it is stored beside an event; nobody's is empty.

    One that is neither a number nor text, such as a UUID, counts as its text, and a user as its
    key. Raises InvalidFormatError for one that is too long.
    """
    if key is not None and not isinstance(key, int | str):
        key = getattr(key, "pk", key)
    if key is None:
        return ""
    if type(key) is not int:
        key = plain_text(key if isinstance(key, str) else str(key), "user_id")
    written = msgspec.json.encode(key).decode()
    if len(written) > KEY_LENGTH:
        raise InvalidFormatError(field="user_id")
    return written


def read_key(text: str) -> int | str | None:
    """What `write_key` wrote."""
    return msgspec.json.decode(text, type=int | str) if text else None
