from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from hubbub.limits.ledger import Buckets, Seats


def test_each_key_has_a_bucket_of_its_own():
    buckets = Buckets()
    assert buckets.take("ada", 1, 60, 0.0) == 0.0
    assert buckets.take("ada", 1, 60, 0.0) == 60.0
    assert buckets.take("bob", 1, 60, 0.0) == 0.0


def test_a_key_keeps_its_bucket():
    buckets = Buckets()
    assert [buckets.take("ada", 2, 60, 0.0) for _ in range(3)] == [0.0, 0.0, 30.0]
    assert buckets.take("ada", 2, 60, 30.0) == 0.0


def test_the_key_used_longest_ago_is_forgotten_first():
    buckets = Buckets(keys=2)
    buckets.take("ada", 1, 60, 0.0)
    buckets.take("bob", 1, 60, 0.0)
    assert buckets.take("ada", 1, 60, 0.0)
    buckets.take("eve", 1, 60, 0.0)
    assert buckets.take("ada", 1, 60, 0.0)
    assert buckets.take("bob", 1, 60, 0.0) == 0.0


def test_what_is_given_back_goes_to_its_key():
    buckets = Buckets()
    for key in ("ada", "bob"):
        buckets.take(key, 1, 60, 0.0)
    buckets.give_back("ada", 1)
    buckets.give_back("eve", 1)
    assert buckets.take("ada", 1, 60, 0.0) == 0.0
    assert buckets.take("bob", 1, 60, 0.0) == 60.0


def test_clearing_forgets_every_key():
    buckets = Buckets()
    buckets.take("ada", 1, 60, 0.0)
    buckets.clear()
    assert buckets.take("ada", 1, 60, 0.0) == 0.0


def test_threads_share_one_bucket():
    buckets = Buckets()
    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda _: buckets.take("ada", 100, 60, 0.0), range(400)))
    assert waits.count(0.0) == 100


def test_seats_are_taken_up_to_the_cap():
    seats = Seats()
    assert [seats.take("ada", 2) for _ in range(3)] == [True, True, False]
    assert seats.held("ada") == 2
    assert seats.take("bob", 2)


def test_without_a_cap_there_is_always_a_seat_and_it_is_counted():
    seats = Seats()
    assert all(seats.take("ada", None) for _ in range(100))
    assert seats.held("ada") == 100


def test_a_seat_given_back_can_be_taken_again():
    seats = Seats()
    seats.take("ada", 1)
    seats.give_back("ada")
    assert seats.held("ada") == 0
    assert seats.take("ada", 1)


def test_giving_back_what_nobody_took_frees_nothing():
    seats = Seats()
    seats.give_back("ada")
    assert seats.held("ada") == 0
    assert [seats.take("ada", 1), seats.take("ada", 1)] == [True, False]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc"))))
def test_what_is_held_is_what_was_taken_less_what_was_given_back(steps):
    seats, expected = Seats(), dict.fromkeys("abc", 0)
    for taking, key in steps:
        if taking:
            assert seats.take(key, 3) == (expected[key] < 3)
            expected[key] = min(3, expected[key] + 1)
        else:
            seats.give_back(key)
            expected[key] = max(0, expected[key] - 1)
    assert {key: seats.held(key) for key in "abc"} == expected
