"""What counts as one network address."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

#: What one customer has of IPv6: whoever has an address there has all of its /64.
IPV6_PREFIX = 64


def network_of(address: str) -> str:
    """An address of IPv4 as it is, the network of one of IPv6."""
    try:
        found = ip_address(address)
    except ValueError:  # a Unix socket has none
        return address
    if not isinstance(found, IPv6Address) or found.ipv4_mapped is not None:
        return address
    return str(ip_network((int(found), IPV6_PREFIX), strict=False))
