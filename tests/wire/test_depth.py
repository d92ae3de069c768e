import json
import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubbub.errors import InvalidJSONError
from hubbub.wire.codec import decode_any, encode
from hubbub.wire.depth import DEPTH, check_depth, measure_depth

KIB_64 = 64 * 1024
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner)
)
#: What a measure of depth may stumble over, in any order.
soup = st.text(st.sampled_from('"\\\\[]{}a,:'), max_size=60)


def nested(depth: int) -> str:
    """Arrays and objects in turn, `depth` of them in each other."""
    opening = "".join('{"a":' if level % 2 else "[" for level in range(depth))
    return opening + "0" + "".join("}" if level % 2 else "]" for level in reversed(range(depth)))


def walk(text: str) -> int:
    """The depth, letter by letter."""
    depth = deepest = 0
    letters = iter(text)
    in_string = False
    for letter in letters:
        if letter == '"':
            in_string = not in_string
        elif in_string:
            if letter == "\\":
                next(letters, "")
        else:
            depth += (letter in "[{") - (letter in "]}")
            deepest = max(deepest, depth)
    return deepest


def outcome(text: str) -> object:
    """What reading gives: the value, or that there is none."""
    try:
        return decode_any(text)
    except InvalidJSONError:
        return InvalidJSONError


def read_slowly(text: str) -> object:
    """What reading must give."""
    with suppress(ValueError):
        value = json.loads(text)
        return value if walk(text) <= DEPTH else InvalidJSONError
    return InvalidJSONError


@pytest.mark.parametrize("kind", [str.encode, str])
def test_thirty_two_levels_pass_and_one_more_does_not(kind):
    assert DEPTH == 32
    decode_any(kind(nested(32)))
    with pytest.raises(InvalidJSONError):
        decode_any(kind(nested(33)))


def test_brackets_beside_each_other_are_not_deep():
    assert decode_any("[" + ",".join(["[]"] * 100) + "]") == [[]] * 100


@pytest.mark.parametrize(
    "text",
    ["[" * 50, '\\"' + "{" * 50, "\\\\" + "[" * 50, '\\\\\\"' + "[{" * 25, "]" * 50 + "[" * 50],
)
def test_brackets_within_strings_are_text(text):
    assert decode_any(f'["{text}"]') == [json.loads(f'"{text}"')]


def test_a_string_that_ends_after_an_escaped_backslash_hides_nothing():
    with pytest.raises(InvalidJSONError):
        decode_any('["\\\\",' + nested(32) + "]")


@given(values)
@example([[["]"]]])
def test_depth_is_measured_as_it_is(value):
    text = encode(value)
    depth = measure_depth(text)
    assert min(depth, DEPTH + 1) == min(walk(text.decode()), DEPTH + 1)


@given(st.integers(0, 40), soup, soup)
@example(31, '[["', '"]]')
@example(31, '["\\\\",[[', "]]]")
@example(32, '"' + "[" * 40 + '\\\\"', "")
def test_whatever_comes_is_read_or_refused_as_if_it_were_walked_through(depth, before, after):
    text = "[" * depth + before + "]" * depth + after
    assert outcome(text) == read_slowly(text)


#: 64 KiB that a check of the depth has to look at, and the ms that it may take of an idle machine.
HARD = {
    "one string of brackets": ('"' + "[" * (KIB_64 - 2) + '"', 0.2),
    "brackets and escaped quotes": ('"' + '\\"[' * (KIB_64 // 3 - 1) + '"', 0.8),
    "backslashes": ('["' + "\\" * (KIB_64 - 60) + '",' + "[]," * 18 + "0]", 0.8),
    "many strings": ("[" + ",".join(['"["'] * (KIB_64 // 4 - 1)) + "]", 1.5),
    "many objects": ("[" + ",".join(['{"[":0}'] * (KIB_64 // 8 - 1)) + "]", 2.0),
    "nothing but openings": ("[" * KIB_64, 0.5),
    "flat": ("[" + ",".join(["[]"] * (KIB_64 // 3 - 1)) + "]", 4.0),
}


@pytest.mark.parametrize("hard", HARD)
def test_the_check_costs_less_than_a_walk_through(hard):
    """Against the clock of this process, and ten times what an idle machine takes."""
    text, ms = HARD[hard]

    def took() -> float:
        start = time.thread_time()
        with suppress(InvalidJSONError):
            check_depth(text)
        return 1000 * (time.thread_time() - start)

    assert min(took() for _ in range(20)) < ms
