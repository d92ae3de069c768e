"""What is a whole number."""

import pytest

from hubbub.wire.whole import read_whole


@pytest.mark.parametrize("value", [7.0, -1e15, 0.0])
def test_a_float_without_a_fraction_is_one(value):
    assert read_whole(value) == value
    assert type(read_whole(value)) is int


@pytest.mark.parametrize("value", [7, True, "7", "7.0", 7.5, None, float("inf"), [7.0]])
def test_everything_else_passes_as_it_is(value):
    assert read_whole(value) is value
