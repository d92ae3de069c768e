from hypothesis import given
from hypothesis import strategies as st

from hubbub.limits.bucket import Bucket

counts = st.integers(1, 1000)
periods = st.sampled_from([1, 60, 3600])
starts = st.floats(0, 1e7)
steps = st.lists(st.floats(0, 120) | st.just(0.0), max_size=80)


def test_the_whole_burst_passes_at_once_and_one_more_does_not():
    bucket = Bucket(100, 50.0)
    assert [bucket.take(100, 60, 50.0) for _ in range(100)] == [0.0] * 100
    assert bucket.take(100, 60, 50.0) > 0.0


def test_it_says_how_long_until_there_is_room_for_one():
    bucket = Bucket(2, 0.0)
    bucket.take(2, 60, 0.0)
    bucket.take(2, 60, 0.0)
    assert bucket.take(2, 60, 0.0) == 30.0
    assert bucket.take(2, 60, 15.0) == 15.0


def test_it_refills_to_the_burst_and_no_further():
    bucket = Bucket(2, 0.0)
    bucket.take(2, 60, 0.0)
    assert [bucket.take(2, 60, 1e6) for _ in range(2)] == [0.0, 0.0]
    assert bucket.take(2, 60, 1e6) == 30.0


def test_what_is_given_back_can_be_taken_again_and_no_more():
    bucket = Bucket(2, 0.0)
    bucket.give_back(2)
    assert [bucket.take(2, 60, 0.0) for _ in range(3)] == [0.0, 0.0, 30.0]
    bucket.give_back(2)
    assert [bucket.take(2, 60, 0.0) for _ in range(2)] == [0.0, 30.0]


@given(counts, periods, starts, steps)
def test_never_more_pass_than_the_burst_and_what_refills(count, seconds, start, pauses):
    bucket, now, passed = Bucket(count, start), start, 0
    for pause in pauses:
        now += pause
        passed += bucket.take(count, seconds, now) == 0.0
        assert passed <= count + (now - start) * count / seconds + 1e-3


@given(counts, periods, starts, steps)
def test_whoever_waits_as_long_as_it_was_told_passes(count, seconds, start, pauses):
    bucket, now = Bucket(count, start), start
    for _ in range(count):
        bucket.take(count, seconds, now)
    for pause in pauses:
        now += pause
        wait = bucket.take(count, seconds, now)
        if wait:
            assert wait <= seconds / count * (1 + 1e-9)
            now += wait
            assert bucket.take(count, seconds, now) == 0.0


@given(counts, periods, starts)
def test_refusals_cost_nothing(count, seconds, start):
    bucket = Bucket(count, start)
    for _ in range(count):
        bucket.take(count, seconds, start)
    assert bucket.take(count, seconds, start) == bucket.take(count, seconds, start)
