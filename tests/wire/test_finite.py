"""What is no number, wherever it stands in a message."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import pytest

from hubbub.errors import InvalidFormatError
from hubbub.wire.codec import decode
from hubbub.wire.finite import check_finite


@dataclass(slots=True)
class Place:
    """Somewhere."""

    x: float


class Pair(NamedTuple):
    """Two of them."""

    a: Decimal
    b: Decimal


class Point(msgspec.Struct, rename={"lat": "latitude"}):
    """With all that may hold a number."""

    lat: float = 0.0
    price: Decimal = Decimal(1)
    rest: dict[str, Any] = {}
    prices: list[Decimal] = []
    place: Place | None = None
    pair: Pair | None = None
    once: Point | None = None


def read(text):
    """As a kind reads a request."""
    point = decode(msgspec.json.Decoder(Point), text)
    check_finite(point)
    return point


@pytest.mark.parametrize("number", ["0", "-1.5", "1e300"])
def test_numbers_are_read(number):
    point = read(f'{{"latitude": {number}, "price": "{number}", "prices": [{number}]}}')
    assert (point.lat, point.price) == (float(number), Decimal(number))


def test_a_decimal_may_be_larger_than_a_float():
    assert read('{"price": "1e400"}').price == Decimal("1e400")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        *((f'{{"price": "{word}"}}', "price") for word in ("NaN", "sNaN", "Infinity", "-inf")),
        ('{"latitude": 1e400}', "latitude"),
        ('{"latitude": -' + "9" * 5000 + "}", "latitude"),
        ('{"rest": {"a": [{"b": 1e400}]}}', "rest"),
        ('{"prices": ["1", "NaN"]}', "prices"),
        ('{"place": {"x": 1e400}}', "place"),
        ('{"pair": ["1", "NaN"]}', "pair"),
        ('{"once": {"price": "NaN"}}', "once"),
    ],
)
def test_what_is_none_is_refused_by_its_key(text, field):
    with pytest.raises(InvalidFormatError) as caught:
        read(text)
    assert caught.value.field == field
