"""One line a minute and kind, and no event that is neither told nor counted."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hubbub.observe.flood import KINDS, WINDOW, Flood


def test_the_first_of_a_kind_is_told_at_once():
    flood = Flood()
    assert flood.admit("a", "x", 0.0) is None
    assert flood.admit("a", "y", 0.0) is None
    assert flood.admit("b", "x", 0.0) is None


def test_what_follows_within_the_minute_is_counted():
    flood = Flood()
    flood.admit("a", "x", 0.0)
    flood.admit("a", "x", 1.0).sample = "sample"
    flood.admit("a", "x", WINDOW - 0.1)
    assert flood.take_due(WINDOW - 0.1) == []
    assert flood.take_due(WINDOW) == [(2, "sample")]


def test_the_count_is_a_line_itself_and_begins_another_minute():
    flood = Flood()
    flood.admit("a", "x", 0.0)
    flood.admit("a", "x", 1.0)
    flood.take_due(WINDOW)
    assert flood.admit("a", "x", WINDOW + 1) is not None
    assert flood.take_due(2 * WINDOW) == [(1, None)]


def test_after_a_quiet_minute_the_next_is_told_at_once():
    flood = Flood()
    flood.admit("a", "x", 0.0)
    assert flood.admit("a", "x", WINDOW) is None


def test_what_was_held_back_is_not_forgotten_by_one_that_comes_late():
    flood = Flood()
    flood.admit("a", "x", 0.0)
    flood.admit("a", "x", 1.0)
    assert flood.admit("a", "x", 2 * WINDOW) is not None
    assert flood.take_due(2 * WINDOW) == [(2, None)]


def test_it_knows_whether_anything_is_held_back():
    flood = Flood()
    flood.admit("a", "x", 0.0)
    assert not flood.holds()
    flood.admit("a", "x", 1.0)
    assert flood.holds()
    flood.take_due(WINDOW)
    assert not flood.holds()


def test_kinds_without_end_are_one_kind_of_their_family():
    flood = Flood()
    told = sum(flood.admit("a", number, 0.0) is None for number in range(10 * KINDS))
    assert told == KINDS + 1
    assert flood.admit("b", "x", 0.0) is None
    assert flood.take_due(WINDOW) == [(10 * KINDS - told, None)]


def test_kinds_of_which_nothing_is_to_be_told_make_room():
    flood = Flood()
    for number in range(KINDS):
        flood.admit("a", number, 0.0)
    assert all(flood.admit("b", number, WINDOW) is None for number in range(KINDS))


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.floats(0, 50)), max_size=200
    )
)
def test_all_are_told_or_counted_and_no_minute_has_two_lines_of_a_kind(steps):
    flood, now, told, lines = Flood(), 0.0, 0, {}
    for family, kind, pause in steps:
        now += pause
        for held, sample in flood.take_due(now):
            told += held
            lines.setdefault(sample, []).append(now)
        window = flood.admit(family, kind, now)
        if window is None:
            told += 1
            lines.setdefault((family, kind), []).append(now)
        else:
            window.sample = (family, kind)
    assert told + sum(held for held, _ in flood.take_due(float("inf"))) == len(steps)
    for moments in lines.values():
        assert all(b - a >= WINDOW for a, b in pairwise(moments))
