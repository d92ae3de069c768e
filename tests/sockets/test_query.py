"""Parameters in a socket's path."""

import pytest

from hubbub.sockets.query import DIGITS, FIELDS, Query


@pytest.mark.parametrize(
    ("query", "name", "text"),
    [
        (b"", "history", None),
        (b"history=50", "history", "50"),
        (b"since=117&epoch=k3f9", "epoch", "k3f9"),
        (b"epoch=", "epoch", ""),
        (b"since=1&since=2", "since", "2"),
        (b"cursor=k3f9%3A9%2Cp0aa%3A41", "cursor", "k3f9:9,p0aa:41"),
        (b"&&=&history", "history", ""),
        (b"\xff=%ff", "\xff", "\ufffd"),
    ],
)
def test_a_parameter_by_name_whatever_the_bytes(query, name, text):
    found = Query(query)
    assert (found.text(name), found.faulty) == (text, False)


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * DIGITS, 10**18 - 1)])
def test_a_number_of_at_least_nothing(text, number):
    query = Query(f"since={text}".encode())
    assert (query.number("since"), query.faulty) == (number, False)


@pytest.mark.parametrize(("text", "flag"), [("1", True), ("true", True), ("0", False)])
def test_a_flag(text, flag):
    query = Query(f"unread={text}".encode())
    assert (query.flag("unread"), query.faulty) == (flag, False)


def test_what_is_not_given_is_no_fault():
    query = Query(b"history=1")
    assert (query.number("since"), query.flag("unread"), query.faulty) == (None, False, False)


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.0", "1e3", " 1", "0x10", "٣", "²", "1_000", "9" * (DIGITS + 1), "x"]
)
def test_a_number_that_is_none_is_taken_as_not_given(text):
    query = Query(f"since={text}&history=3".encode("latin-1", "replace"))
    assert (query.number("since"), query.faulty) == (None, True)
    assert query.number("history") == 3


@pytest.mark.parametrize("text", ["", "maybe", "2", "-1", "TRUE!"])
def test_a_flag_that_is_none_is_taken_as_not_given(text):
    query = Query(f"unread={text}".encode())
    assert (query.flag("unread"), query.faulty) == (False, True)


def test_of_a_repeated_one_only_the_last_is_judged():
    query = Query(b"since=x&since=2")
    assert (query.number("since"), query.faulty) == (2, False)


def test_of_too_many_none_is_read():
    most = b"&".join([b"x=1"] * (FIELDS - 1))
    assert Query(most + b"&since=2").number("since") == 2
    query = Query(most + b"&x=1&since=2")
    assert (query.number("since"), query.faulty) == (None, True)
