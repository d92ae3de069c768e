"""The parameters that a client adds to a socket's path."""

from __future__ import annotations

from urllib.parse import parse_qsl

#: As long as any number that a stream reaches.
DIGITS = 18
#: Parameters that are looked at; of more than these, none.
FIELDS = 32
FLAGS = {"1": True, "true": True, "0": False, "false": False}


class Query:
    """A socket's parameters by name; of a repeated one the last counts.

    One that cannot be read is taken as not given, and `faulty` says that there was such a one.
    """

    __slots__ = ("_parameters", "faulty")

    def __init__(self, query: bytes) -> None:
        self.faulty = False
        self._parameters: dict[str, str] = {}
        if not query:
            return  # as most have none
        try:
            text = query.decode("latin-1")
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS)
            self._parameters.update(pairs)
        except ValueError:
            self.faulty = True

    def text(self, name: str) -> str | None:
        """A parameter as it is, None where it is not given."""
        return self._parameters.get(name)

    def number(self, name: str) -> int | None:
        """A parameter that is a number of at least 0."""
        text = self.text(name)
        if text is None:
            return None
        if text.isascii() and text.isdigit() and len(text) <= DIGITS:
            return int(text)
        self.faulty = True
        return None

    def flag(self, name: str) -> bool:
        """A parameter that is 1 or true; 0, false and none at all mean no."""
        text = self._parameters.get(name, "0")
        self.faulty |= text not in FLAGS
        return FLAGS.get(text, False)
