"""Whom an address stands for: one IPv4 address, or the /64 network that one household or phone has of IPv6."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

UNKNOWN = "unknown"
NETWORK_BITS = 64


@lru_cache(maxsize=4096)
def source_of(address: str) -> str:
    """Return the key of a client address, `unknown` for one that is none: all of those share one limit."""
    try:
        found = ip_address(address)
    except ValueError:
        return UNKNOWN
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), NETWORK_BITS), strict=False))
