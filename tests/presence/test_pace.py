from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hubbub.presence.pace import Storm, Throttle


def test_twenty_in_a_second_are_told_one_by_one():
    storm = Storm()
    assert all(storm.let_through(100.0 + index / 100) for index in range(20))
    assert not storm.holding


def test_the_twenty_first_in_a_second_is_held():
    storm = Storm()
    for index in range(20):
        storm.let_through(100.0 + index / 100)
    assert not storm.let_through(100.5)
    assert storm.holding
    assert storm.collect() == 1


def test_after_a_second_twenty_more_pass():
    storm = Storm()
    for _ in range(20):
        storm.let_through(100.0)
    assert all(storm.let_through(101.0) for _ in range(20))
    assert not storm.let_through(101.0)


def test_a_storm_is_told_as_one_number_a_second():
    storm = Storm(limit=2)
    assert [storm.let_through(0.0) for _ in range(10)] == [True] * 2 + [False] * 8
    assert storm.collect() == 8
    assert not any(storm.let_through(1.0) for _ in range(5))
    assert storm.collect() == 5


def test_it_is_over_after_a_second_that_brought_no_more_than_the_limit():
    storm = Storm(limit=2)
    for _ in range(6):
        storm.let_through(0.0)
    storm.collect()
    assert storm.holding
    storm.let_through(1.5)
    storm.let_through(1.5)
    assert storm.collect() == 2
    assert not storm.holding
    assert storm.let_through(2.0)


def test_a_second_in_which_nothing_was_held_tells_nobody():
    storm = Storm(limit=1)
    for _ in range(3):
        storm.let_through(0.0)
    assert storm.collect() == 2
    assert storm.collect() == 0
    assert not storm.holding


@given(st.lists(st.floats(0, 2), max_size=300))
def test_each_event_is_told_once_by_itself_or_in_a_number(pauses):
    storm = Storm(limit=5)
    now, alone, together, due = 0.0, 0, 0, None
    for pause in pauses:
        now += pause
        while due is not None and due <= now:
            together += storm.collect()
            due = due + 1.0 if storm.holding else None
        if storm.let_through(now):
            alone += 1
        elif due is None:
            due = now + 1.0
    assert alone + together + storm.collect() == len(pauses)


def test_the_first_change_is_told_now():
    assert Throttle(0.1).delay(0.0) == 0.0


def test_a_change_within_the_interval_waits_for_its_end():
    throttle = Throttle(10.0)
    throttle.delay(100.0)
    assert throttle.delay(104.0) == 6.0
    assert throttle.waiting


def test_while_one_is_waited_for_no_other_is_asked_for():
    throttle = Throttle(10.0)
    throttle.delay(100.0)
    throttle.delay(101.0)
    assert throttle.delay(109.0) is None
    assert throttle.delay(111.0) is None


def test_the_late_telling_counts_as_the_last_one():
    throttle = Throttle(10.0)
    throttle.delay(100.0)
    throttle.delay(101.0)
    throttle.told(110.0)
    assert not throttle.waiting
    assert throttle.delay(113.0) == 7.0


def test_a_change_after_the_interval_is_told_now():
    throttle = Throttle(10.0)
    throttle.delay(100.0)
    assert throttle.delay(110.0) == 0.0


@given(st.lists(st.integers(0, 30), min_size=1, max_size=100))
def test_the_last_change_is_always_told_and_never_two_within_the_interval(pauses):
    throttle, now, due, told = Throttle(10), 0, None, []
    for pause in pauses:
        now += pause
        if due is not None and due <= now:
            throttle.told(due)
            told.append(due)
            due = None
        delay = throttle.delay(now)
        if delay == 0.0:
            told.append(now)
        elif delay is not None:
            due = now + delay
    last = due if due is not None else told[-1]
    assert last >= now
    assert all(later - earlier >= 10 for earlier, later in pairwise(told))
