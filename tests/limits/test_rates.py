"""A user and an address have one rate each, whichever door they come by."""

import pytest

from hubbub.conf import Settings
from hubbub.errors import RateLimitedError
from hubbub.limits.ledger import shared_buckets
from hubbub.limits.rates import check_rate, check_rates

HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture(autouse=True)
def _begins_anew():
    shared_buckets.clear()


def reason(settings, user_id=None, address=HERE):
    """Whose rate it is that one more would be over; nothing where none is."""
    try:
        check_rates(settings, user_id, address)
    except RateLimitedError as error:
        return error.why
    return ""


def test_a_user_has_one_rate_wherever_it_is():
    settings = Settings(rate_limit_user="1/h")
    assert [reason(settings, 7, where) for where in (HERE, THERE)] == ["", "user"]
    assert reason(settings, 8) == ""
    assert [reason(settings) for _ in range(9)] == [""] * 9


def test_an_address_has_one_rate_for_all_who_are_there():
    settings = Settings(rate_limit_address="2/h")
    assert [reason(settings, user_id) for user_id in (7, None, 8)] == ["", "", "address"]
    assert reason(settings, 7, THERE) == ""


def test_who_is_over_the_rate_of_a_user_costs_its_address_nothing():
    settings = Settings(rate_limit_user="1/h", rate_limit_address="2/h")
    assert [reason(settings, 7) for _ in range(9)] == ["", *["user"] * 8]
    assert [reason(settings) for _ in range(2)] == ["", "address"]


def test_a_rate_that_is_off_limits_nothing():
    for _ in range(1000):
        check_rate(None, "begin", 7)
