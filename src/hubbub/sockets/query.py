"""The parameters that a client adds to a socket's path."""

from __future__ import annotations

from urllib.parse import parse_qsl

from hubbub.errors import InvalidFormatError

#: As long as any number that a stream reaches.
DIGITS = 18


def read_query(query: bytes) -> dict[str, str]:
    """The parameters by name; of a repeated one the last counts."""
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))


def read_number(parameters: dict[str, str], name: str) -> int | None:
    """A parameter that is a number of at least 0, None where it is not given.

    Raises InvalidFormatError for anything else.
    """
    text = parameters.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise InvalidFormatError
    return int(text)
