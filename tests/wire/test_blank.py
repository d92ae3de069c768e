import re
import sys
from unicodedata import category

import pytest

from hubbub.wire.blank import SEEN, is_blank

#: Signs of Unicode's category of formats that do have a shape, such as the Arabic ones of numbers.
SHAPED = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t",
        "\u00a0\u2003",
        "\u2028",
        "\u2029",
        "\u0085",
        "\u3000",
        "\0",
        "\x1f",
        "\u200b",
        "\u200d\ufeff",
        "\u00ad",
        "\u2060",
        "\u202e",
        "\u3164",
        "\u2800",
        "\ufe0f",
        "\U000e0041",
        " \u200b " * 300,
    ],
)
def test_what_cannot_be_seen_is_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize(
    "text", ["a", "~", "!", "é", "0", " \u200b.", "\u200b🐝", "\u0301", SHAPED]
)
def test_what_can_be_seen_is_not(text):
    assert not is_blank(text)


def test_all_that_python_takes_for_white_space_is_blank_and_no_letter_is():
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        if letter.isspace() or category(letter) == "Cc":
            assert is_blank(letter), hex(code)
        elif category(letter)[0] in "NPS" and letter != "\u2800":
            assert not is_blank(letter), hex(code)


def test_the_schema_says_the_same_of_all_that_is_written_in_one_unit_of_utf_16():
    for code in range(0x10000):
        assert (re.search(SEEN, chr(code)) is None) is is_blank(chr(code)), hex(code)
