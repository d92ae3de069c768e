"""Parameters in a socket's path."""

import pytest

from hubbub.errors import InvalidFormatError
from hubbub.sockets.query import DIGITS, read_number, read_query


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (b"", {}),
        (b"history=50", {"history": "50"}),
        (b"since=117&epoch=k3f9", {"since": "117", "epoch": "k3f9"}),
        (b"epoch=", {"epoch": ""}),
        (b"since=1&since=2", {"since": "2"}),
        (b"cursor=k3f9%3A9%2Cp0aa%3A41", {"cursor": "k3f9:9,p0aa:41"}),
        (b"&&=&history", {"": "", "history": ""}),
        (b"\xff=%ff", {"\xff": "\ufffd"}),
    ],
)
def test_parameters_by_name_whatever_the_bytes(query, parameters):
    assert read_query(query) == parameters


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * DIGITS, 10**18 - 1)])
def test_a_number_of_at_least_nothing(text, number):
    assert read_number({"since": text}, "since") == number


def test_a_number_that_is_not_given_is_none():
    assert read_number({"history": "1"}, "since") is None


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.0", "1e3", " 1", "0x10", "٣", "²", "1_000", "9" * (DIGITS + 1), "x"]
)
def test_anything_else_has_an_invalid_format(text):
    with pytest.raises(InvalidFormatError):
        read_number({"since": text}, "since")
