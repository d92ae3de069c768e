import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.wire.names import is_name


@pytest.mark.parametrize("text", ["a", "general", "A-Z_0.9", "..", "-", "x" * 64])
def test_letters_digits_dot_dash_and_underscore_make_a_name(text):
    assert is_name(text)


@pytest.mark.parametrize("text", ["", "x" * 65, "a b", "a/b", "a+b", "a%20", "ä", "\u0661", "a\n"])
def test_anything_else_makes_none(text):
    assert not is_name(text)


@given(st.from_regex(r"[A-Za-z0-9_.-]{1,64}", fullmatch=True))
def test_every_name_within_the_rule_is_one(text):
    assert is_name(text)
