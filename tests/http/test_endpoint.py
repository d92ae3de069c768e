"""How often somebody may write over HTTP."""

from time import monotonic

import pytest

from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.conf import Settings
from hubbub.errors import NotFoundError, RateLimitedError
from hubbub.http.endpoint import check_caller_rate, check_name, check_rates
from hubbub.limits.ledger import shared_buckets

ADA = Caller(7, "ada")
HERE, THERE = "192.0.2.1", "192.0.2.2"


def passes(settings: Settings, caller: Caller, address: str = HERE) -> bool:
    try:
        check_caller_rate(settings, caller, address)
        check_rates(settings, caller, address)
    except RateLimitedError:
        return False
    return True


def test_a_user_may_write_as_often_as_one_connection_from_wherever_it_is():
    settings = Settings(rate_limit="2/h")
    assert [passes(settings, ADA, address) for address in (HERE, THERE, HERE)] == [
        True,
        True,
        False,
    ]
    assert passes(settings, Caller(8, "bob"))


def test_all_anonymous_callers_of_an_address_are_one():
    settings = Settings(rate_limit="1/h")
    assert [passes(settings, ANONYMOUS, address) for address in (HERE, HERE, THERE)] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("limits", "key"),
    [({"rate_limit_user": "1/h"}, ("user", 7)), ({"rate_limit_address": "1/h"}, ("address", HERE))],
)
def test_what_a_user_or_an_address_says_on_sockets_counts_too(limits, key):
    settings = Settings(rate_limit="off", **limits)
    shared_buckets.take(key, 1, 3600, monotonic())
    assert not passes(settings, ADA)


def test_a_limit_that_is_off_limits_nothing():
    settings = Settings(rate_limit="off")
    assert all(passes(settings, ADA) for _ in range(1000))


@pytest.mark.parametrize("name", ["", "a b", "é", "a" * 65, "a\n", "\0"])
def test_a_name_that_nothing_can_have_is_not_found(name):
    with pytest.raises(NotFoundError):
        check_name(name)
