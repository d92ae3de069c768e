"""All of an IPv6 network is one address."""

import pytest

from hubbub.limits.network import network_of, site_of


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::FFFF:c000:0201", "192.0.2.1", True),
        ("0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_all_of_an_ipv6_network_is_one_address(first, second, same):
    assert (network_of(first) == network_of(second)) is same


@pytest.mark.parametrize("address", ["192.0.2.1", "", "a name"])
def test_what_is_no_ipv6_stays_as_it_is(address):
    assert network_of(address) == address


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8:0:ffff::1", True),
        ("2001:db8::1", "2001:db8:1::1", False),
        ("2001:db8:0:1::/64", "2001:db8:0:2::/64", True),
        ("/run/a.sock", "/run/b.sock", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
    ],
)
def test_all_that_a_site_may_have_is_one(first, second, same):
    assert (site_of(first) == site_of(second)) is same
