"""What counts as one network address."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import AF_INET, inet_pton

#: What one customer has of IPv6: whoever has an address there has all of its /64.
IPV6_PREFIX = 64
#: What one site may have, a company or a customer of a generous provider: 65,536 times as much.
SITE_PREFIX = 48


def network_of(address: str) -> str:
    """An address of IPv4, also one that is written as IPv6; the network of one of IPv6."""
    return network(address, IPV6_PREFIX)


def site_of(address: str) -> str:
    """As `network_of`, of IPv6 all that one site may have."""
    return network(address, SITE_PREFIX)


def network(address: str, prefix: int) -> str:
    """An address, or the first `prefix` bits of one (or a network) of IPv6; else the same text."""
    if is_ipv4(address):
        return address
    try:
        found: IPv4Address | IPv6Address = ip_address(address.partition("/")[0])
    except ValueError:  # a Unix socket has none
        return address
    if isinstance(found, IPv4Address):
        return str(found)
    # A socket that listens on both sees 192.0.2.1 as ::ffff:192.0.2.1 (RFC 4291 section 2.5.5.2).
    mapped = found.ipv4_mapped
    return str(mapped) if mapped else str(ip_network((int(found), prefix), strict=False))


def is_ipv4(address: str) -> bool:
    """Whether an address is one of IPv4; asked so, it takes a tenth of the time."""
    try:
        inet_pton(AF_INET, address)
    except (OSError, ValueError):
        return False
    return True
