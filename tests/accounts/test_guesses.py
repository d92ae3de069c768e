"""How many wrong passwords may come, and that right ones may always."""

import pytest
from django.db import InterfaceError, OperationalError

from hubbub.accounts.guesses import FOR_ALL, FOR_NAME, FOR_SITE, Guesses
from hubbub.accounts.strikes import FORGIVEN, FREE, LONGEST_WAIT
from hubbub.errors import OverloadedError, RateLimitedError, UnauthenticatedError

HERE, THERE = "192.0.2.1", "192.0.2.2"
clocks, books = [0.0], []


@pytest.fixture(autouse=True)
def book():
    """A book of guesses, with a clock that stands until it is moved."""
    clocks[0] = 1000.0
    books[:] = [Guesses(clock=lambda: clocks[0])]
    return books[0]


@pytest.fixture
def clock():
    return clocks


def attempt(username="ada", address=HERE, outcome=None):
    """Whether a password may be tried; `outcome` is what it leads to."""
    try:
        with books[0].guess(address=address, username=username):
            if outcome is not None:
                raise outcome
    except RateLimitedError as refusal:
        return refusal.retry_after
    except type(outcome):
        pass
    return None


def wrong(username="ada", address=HERE):
    return attempt(username, address, UnauthenticatedError())


def test_after_some_wrong_passwords_for_a_name_one_has_to_wait(clock):
    assert [wrong() for _ in range(FOR_NAME.amount)] == [None] * 10
    wait = wrong()
    assert wait == pytest.approx(6.0)
    assert attempt() is not None
    clock[0] += wait
    assert wrong() is None
    assert wrong() is not None


def test_right_passwords_do_not_count():
    assert [attempt() for _ in range(500)] == [None] * 500


def test_a_right_password_forgives_no_wrong_ones():
    for _ in range(FOR_NAME.amount - 1):
        wrong()
    assert attempt() is None
    assert wrong() is None
    assert wrong() is not None


@pytest.mark.parametrize("failure", [OperationalError(), InterfaceError(), OverloadedError()])
def test_what_could_not_be_tried_does_not_count(failure):
    assert [attempt(outcome=failure) for _ in range(500)] == [None] * 500


def test_who_gives_up_waiting_has_guessed():
    for _ in range(FOR_NAME.amount):
        attempt(outcome=GeneratorExit())
    assert wrong() is not None


def test_others_are_not_kept_from_the_same_name_nor_one_from_other_names():
    for _ in range(FOR_NAME.amount):
        wrong()
    assert wrong(address=THERE) is None
    assert wrong("bob") is None


def test_an_address_may_not_be_wrong_about_ever_other_names(clock):
    assert [wrong(f"user-{number}") for number in range(FOR_ALL.amount)] == [None] * 100
    assert wrong("another") == pytest.approx(0.6)
    assert wrong("another", THERE) is None


def test_what_is_refused_for_its_name_does_not_count_for_the_address():
    for _ in range(FOR_ALL.amount):
        wrong()
    assert wrong("bob") is None


def test_who_is_over_the_limit_of_an_address_fills_no_memory(book):
    for number in range(1000):
        wrong(f"user-{number}")
    assert len(book.buckets._buckets) == 2 + FOR_ALL.amount
    assert len(book.strikes._counts) == FOR_ALL.amount


def test_what_was_not_wrong_fills_no_memory(book):
    for number in range(1000):
        attempt(f"user-{number}", address=f"2001:db8:{number:x}::1")
        attempt(f"user-{number}", address=f"2001:db8:{number:x}::1", outcome=OverloadedError())
    assert not book.buckets._buckets
    assert not book.strikes._counts


def test_as_many_as_are_tried_at_once_count():
    tries = [books[0].guess(address=HERE, username="ada") for _ in range(FOR_NAME.amount + 1)]
    for one in tries[:-1]:
        one.__enter__()
    with pytest.raises(RateLimitedError):
        tries[-1].__enter__()
    for one in tries[:-1]:
        one.__exit__(None, None, None)
    assert attempt() is None


def test_the_spellings_of_a_name_are_one():
    for name in ("ada", "ADA", " Ada ", "\uff41da", "aDA") * 2:
        assert wrong(name) is None
    assert wrong("adA") is not None


def test_all_of_an_ipv6_network_is_one_address():
    for _ in range(FOR_NAME.amount):
        wrong(address="2001:db8::1")
    assert wrong(address="2001:db8::ffff") is not None
    assert wrong(address="2001:db8:0:1::1") is None


def test_an_address_of_ipv4_is_one_however_it_is_written():
    for number in range(FOR_NAME.amount):
        assert (
            wrong(address=("192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201")[number % 3]) is None
        )
    assert wrong(address="192.0.2.1") is not None
    assert wrong(address="::ffff:192.0.2.2") is None


def test_a_site_may_not_be_wrong_from_ever_other_networks_of_its_own():
    for number in range(FOR_SITE.amount):
        assert wrong(f"user-{number}", f"2001:db8:0:{number:x}::1") is None
    assert wrong("another", "2001:db8:0:ffff::1") == pytest.approx(60 / FOR_SITE.amount)
    assert wrong("another", "2001:db8:1::1") is None


def from_everywhere(number):
    """Another address for each."""
    return f"2001:db8:{number:x}::1"


def attack(clock, seconds, username="ada", first=0):
    """Wrong passwords from ever other addresses, as often as that goes; how many were tried."""
    tried, end = 0, clock[0] + seconds
    for number in range(first, first + 60_000):
        wait = wrong(username, from_everywhere(number))
        tried += wait is None
        if wait is not None and clock[0] + wait > end:
            return tried
        clock[0] += wait or 0
    raise AssertionError("no end of it")


def test_wrong_passwords_from_everywhere_make_an_account_wait_longer_and_longer(clock):
    for number in range(FREE):
        assert wrong(address=from_everywhere(number)) is None
    waits = []
    for number in range(FREE, FREE + 14):
        assert wrong(address=from_everywhere(number)) is None
        waits.append(wrong(address=from_everywhere(5000 + number)))
        clock[0] += waits[-1]
    assert waits[:4] == pytest.approx([1, 2, 4, 8], rel=0.05)
    assert 0.9 * LONGEST_WAIT < waits[-1] <= LONGEST_WAIT
    assert wrong("bob", from_everywhere(1)) is None


def test_who_goes_on_for_a_day_tries_no_more_than_a_hundred_or_so(clock):
    day = 24 * 3600
    tried = attack(clock, day)
    assert FREE < tried < 2 * FREE + day / FORGIVEN


def test_the_owner_signs_in_from_where_it_did_before_whatever_others_do(clock):
    assert attempt(address=HERE) is None
    attack(clock, 3600)
    assert wrong(address=THERE) is not None
    for _ in range(20):
        assert attempt(address=HERE) is None
    assert wrong(address=HERE) is None


def test_there_too_wrong_ones_make_wait_longer(clock):
    assert attempt(address=HERE) is None
    tried, end = 0, clock[0] + 24 * 3600
    while clock[0] < end:
        wait = wrong(address=HERE)
        tried += wait is None
        clock[0] += wait or 0
    assert tried < 2 * FREE + 24 * 3600 / FORGIVEN


def test_after_an_attack_an_account_is_as_before_within_hours(clock):
    attack(clock, 24 * 3600)
    clock[0] += 8 * 3600
    for number in range(FREE):
        assert wrong(address=from_everywhere(7000 + number)) is None


def test_the_spellings_of_an_account_wait_together(clock):
    for number in range(FREE + 1):
        spelling = ("ada", " ADA", "\uff41da", "ad\u200ba", "aDA ")[number % 5]
        assert wrong(spelling, from_everywhere(number)) is None
    assert wrong("Ada", THERE) is not None


def test_ever_other_names_do_not_push_out_an_account_under_attack():
    books[0].strikes._accounts = 100
    for number in range(FREE + 1):
        wrong(address=from_everywhere(number))
    for number in range(1000):
        wrong(f"user-{number}", from_everywhere(9000 + number))
    assert len(books[0].strikes._counts) == 100
    assert wrong(address=THERE) is not None


def test_what_is_known_of_an_account_is_bounded(book):
    for number in range(1000):
        attempt(address=from_everywhere(number))
    assert len(book.familiar._addresses["ada"]) == 16


def test_the_account_that_signed_in_longest_ago_is_forgotten(book):
    book.familiar._accounts = 2
    for name in ("ada", "bob", "eve"):
        attempt(name)
    assert [book.familiar.knows(name, HERE) for name in ("ada", "bob", "eve")] == [
        False,
        True,
        True,
    ]


def test_which_limit_makes_one_wait_is_said_for_the_log():
    for number in range(FREE + 1):
        wrong("ada", from_everywhere(number))
    with (
        pytest.raises(RateLimitedError) as refused,
        books[0].guess(address=THERE, username="ada"),
    ):
        pass
    assert refused.value.why == "wrong passwords of an account"
