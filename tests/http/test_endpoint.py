"""How often somebody may write over HTTP."""

from time import monotonic

import pytest

from hubbub.accounts.caller import ANONYMOUS, Caller
from hubbub.accounts.tokens import token_create
from hubbub.conf import Settings
from hubbub.errors import NotFoundError, RateLimitedError
from hubbub.http.endpoint import check_caller_rate, check_name, check_read_rate
from hubbub.limits.ledger import shared_buckets
from hubbub.limits.rates import check_rates

ADA = Caller(7, "ada")
HERE, THERE = "192.0.2.1", "192.0.2.2"


def passes(settings: Settings, caller: Caller, address: str = HERE) -> bool:
    try:
        check_caller_rate(settings, caller, address)
        check_rates(settings, caller.user_id, address)
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


def reads(settings: Settings, caller: Caller, address: str = HERE) -> bool:
    try:
        check_read_rate(settings, caller, address)
    except RateLimitedError:
        return False
    return True


def test_reads_are_limited_by_caller_and_apart_from_what_writes():
    settings = Settings(rate_limit="1/h", rate_limit_reads="2/h")
    assert passes(settings, ADA)
    assert [reads(settings, ADA, address) for address in (HERE, THERE, HERE)] == [True, True, False]
    assert [reads(settings, ANONYMOUS) for _ in range(3)] == [True, True, False]
    assert reads(settings, ANONYMOUS, THERE)
    assert all(reads(Settings(rate_limit_reads="off"), ADA) for _ in range(100))


PATHS = [
    "/api/chat/rooms/",
    "/api/chat/general/messages/",
    "/api/chat/general/presence/",
    "/api/counter/global/",
    "/api/openapi.json",
]


@pytest.mark.parametrize("path", PATHS)
def test_each_read_counts_and_is_refused_in_one_shape(transactional_db, call, settings, path):
    settings.HUBBUB_RATE_LIMIT_READS = "2/h"
    assert [call("GET", path).status_code for _ in range(2)] == [200, 200]
    answer = call("GET", path)
    assert (answer.status_code, answer.json()["message"]) == (429, "Rate limit exceeded")
    assert int(answer["Retry-After"]) > 0
    other = next(one for one in PATHS if one != path)
    assert call("GET", other).status_code == 429


def test_the_inbox_counts_for_its_user(ada, call, settings):
    settings.HUBBUB_RATE_LIMIT_READS = "1/h"
    headers = {"Authorization": f"Bearer {token_create(user=ada)}"}
    statuses = [call("GET", "/api/notifications/", headers=headers).status_code for _ in range(2)]
    assert statuses == [200, 429]
    assert call("GET", "/api/chat/rooms/").status_code == 200
