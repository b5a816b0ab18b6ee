"""Whose address counts: the peer's, or what trusted proxies say of whom they speak for, read from the right."""

import asyncio
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from apps.resilience.limits.address import UNKNOWN, source_of

TRUSTED = ["10.0.0.0/8", "2001:db8:ffff::/48"]
ADDRESSES = st.one_of(st.ip_addresses().map(str), st.just("unknown"), st.text("0123456789abcdef.:[]x ", max_size=20))
PROXIES = st.one_of(st.ip_addresses(network=TRUSTED[0]), st.ip_addresses(network=TRUSTED[1])).map(str)


def is_trusted(address: str) -> bool:
    return any(ip_address(address) in ip_network(network) for network in TRUSTED)


STRANGERS = st.ip_addresses().map(str).filter(lambda address: not is_trusted(address))


def seen(peer: str, *lines: str) -> str:
    """Return whom the application takes the client for, by the server's own middleware as it is configured."""
    found: dict[str, Any] = {}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        found.update(scope)

    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in lines]
    scope: Any = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": headers}
    asyncio.run(ProxyHeadersMiddleware(application, trusted_hosts=TRUSTED)(scope, None, None))  # type: ignore[arg-type]
    return source_of(found["client"][0])


@given(peer=STRANGERS, line=st.lists(ADDRESSES, max_size=4).map(",".join))
def test_what_a_peer_that_is_not_trusted_claims_is_ignored(peer: str, line: str) -> None:
    assert seen(peer, line) == source_of(peer)


@given(
    claimed=st.lists(ADDRESSES, max_size=3),
    client=STRANGERS,
    hops=st.lists(PROXIES, max_size=3),
    peer=PROXIES,
    splits=st.booleans(),
)
def test_whatever_a_client_claims_the_first_trusted_proxy_is_believed(
    claimed: list[str], client: str, hops: list[str], peer: str, splits: bool
) -> None:
    """The client sends `claimed`; each proxy appends whom it hears, in the same line or in one of its own."""
    chain = [*claimed, client, *hops]
    lines = chain if splits else [", ".join(chain)]
    assert seen(peer, *lines) == source_of(client)


@given(address=st.ip_addresses(v=6), suffix=st.integers(0, 2**64 - 1))
def test_all_addresses_of_a_household_are_one_and_those_of_another_are_not(address: Any, suffix: int) -> None:
    neighbour = ip_address(int(address) >> 64 << 64 | suffix)
    if not (int(address) >> 64 == 0 or neighbour.ipv4_mapped):  # below it, some stand for IPv4 addresses
        assert source_of(str(address)) == source_of(str(neighbour)) == source_of(address.exploded)
        assert source_of(str(ip_address(int(address) ^ 1 << 65))) != source_of(str(address))


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", UNKNOWN),
        ("192.0.2.7, 6.6.6.6", UNKNOWN),
        ("x" * 500, UNKNOWN),
    ],
)
def test_an_address_has_one_form(address: str, key: str) -> None:
    assert source_of(address) == key
