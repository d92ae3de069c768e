"""How many wrong passwords may come, and that right ones may always."""

import pytest
from django.db import InterfaceError, OperationalError

from hubbub.accounts import guesses as module
from hubbub.accounts.guesses import FOR_ALL, FOR_NAME, guess
from hubbub.errors import OverloadedError, RateLimitedError, UnauthenticatedError
from hubbub.limits.ledger import shared_buckets

HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that stands until it is moved."""
    shared_buckets.clear()
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    yield now
    shared_buckets.clear()


def attempt(username="ada", address=HERE, outcome=None):
    """Whether a password may be tried; `outcome` is what it leads to."""
    try:
        with guess(address=address, username=username):
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


def test_who_is_over_the_limit_of_an_address_fills_no_memory():
    for number in range(1000):
        wrong(f"user-{number}")
    assert len(shared_buckets._buckets) == 1 + FOR_ALL.amount


def test_as_many_as_are_tried_at_once_count():
    tries = [guess(address=HERE, username="ada") for _ in range(FOR_NAME.amount + 1)]
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
