"""A project's own object: what it may hold, and how much of it."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy

from hubbub.errors import InvalidDataError
from hubbub.wire.data import DATA_SIZE, raw_data, write_data
from hubbub.wire.depth import DEPTH


def nested(depth):
    """An object that nests so deep."""
    return {"a": json.loads("[" * (depth - 1) + "]" * (depth - 1))}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"url": "/orders/456/"},
        {"a": [1, -1.5, True, None, "ü\u2028\0\U0001f600", {"b": {}}]},
        {"big": 10**30},
        {"": {"__proto__": 1, "type": "chat_message", "cursor": "x"}},
        nested(DEPTH - 1),
    ],
)
def test_any_object_comes_back_as_it_was(data):
    assert json.loads(write_data(data)) == data


def test_data_has_a_size():
    fits = {"a": "x" * (DATA_SIZE - len('{"a":""}'))}
    assert len(write_data(fits)) == DATA_SIZE
    for more in ({"a": fits["a"] + "x"}, {"a": "ü" * (DATA_SIZE // 2)}):
        with pytest.raises(InvalidDataError):
            write_data(more)


@pytest.mark.parametrize(
    "data",
    [
        [],
        "text",
        7,
        {"a": float("nan")},
        {"a": float("inf")},
        {"a": "\ud800"},
        {"\ud800": 1},
        {"a": object()},
        {"a": b"bytes"},
        {(1, 2): 3},
        {"a": 10**5000},
        nested(DEPTH),
        nested(900),
    ],
)
def test_what_json_has_not_is_refused(data):
    with pytest.raises(InvalidDataError) as caught:
        write_data(data)
    assert caught.value.field == "data"


def test_what_refers_to_itself_is_refused():
    data: dict = {}
    data["a"] = data
    with pytest.raises(InvalidDataError):
        write_data(data)


def test_python_may_hand_over_what_django_s_encoder_knows():
    when = datetime(2025, 1, 27, 12, 30, tzinfo=UTC)
    uuid = UUID("8c1f2c0e-6f5a-4d59-9a35-0c2bd2a6f1d4")
    written = write_data({"a": when, "b": uuid, "c": Decimal("1.10"), "d": gettext_lazy("hi")})
    assert json.loads(written) == {
        "a": "2025-01-27T12:30:00Z",
        "b": str(uuid),
        "c": "1.10",
        "d": "hi",
    }


def test_no_data_is_none():
    assert write_data(None) == ""
    assert raw_data("") is None
    assert raw_data(None) is None
