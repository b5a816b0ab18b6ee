"""What a REDIS_URL means, and that clients follow the primary."""

import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import pytest
from redis import Redis
from redis.exceptions import RedisError

from apps.backplane.connections import redis_client
from apps.backplane.envelope import Envelope
from apps.backplane.shared import SharedBus
from apps.backplane.signals import primary_changed
from apps.backplane.topology import Topology, topology_of
from tests.servers.deadline import eventually
from tests.servers.sentinel import Sentinels, running_sentinels

if TYPE_CHECKING:
    from apps.backplane.bus import Loss


@pytest.fixture(scope="module")
def sentinels() -> Iterator[Sentinels]:
    with running_sentinels() as running:
        yield running


@pytest.mark.parametrize(
    ("url", "topology"),
    [
        ("redis://h:1/2", Topology(url="redis://h:1/2")),
        ("redis+sentinel://a,b:7/m/3", Topology(url="redis://m/3", sentinels=(("a", 26379), ("b", 7)))),
        ("redis+sentinel://a/m", Topology(url="redis://m/0", sentinels=(("a", 26379),))),
        (
            "rediss+sentinel://:p%40@[::1]:5/m/0?ssl_ca_certs=x",
            Topology(url="rediss://:p%40@m/0?ssl_ca_certs=x", sentinels=(("::1", 5),)),
        ),
    ],
)
def test_a_url_names_one_server_or_who_knows_the_primary(url: str, topology: Topology) -> None:
    assert topology_of(url) == topology


@pytest.mark.parametrize("url", ["redis+sentinel:///m/0", "redis+sentinel://a", "redis+sentinel://a:x/m/0"])
def test_a_url_that_names_nobody_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"host|name|[Pp]ort"):
        topology_of(url)


def test_a_client_writes_to_the_new_primary_after_a_failover(sentinels: Sentinels) -> None:
    client = redis_client(sentinels.url, purpose="test", timeout_seconds=1.0)
    client.set("tea", "green")
    before = sentinels.primary()
    sentinels.fail_over()
    started = time.monotonic()
    after = sentinels.primary()
    with Redis(port=after) as primary:
        eventually(lambda: is_written(client) and primary.get("tea") == b"black")
    assert time.monotonic() - started < 5
    assert after != before
    client.close()


def test_the_bus_goes_on_over_the_new_primary_and_tells_that_it_may_have_missed_something(sentinels: Sentinels) -> None:
    buses = [
        SharedBus(partial(redis_client, sentinels.url, purpose="bus", timeout_seconds=2.0), heartbeat_seconds=0.2)
        for _ in range(2)
    ]
    heard: list[Envelope] = []
    losses: list[Loss] = []
    for bus in buses:
        bus.start()
    try:
        buses[1].subscribe("tea", heard.append, losses.append)
        eventually(lambda: all(bus.status().is_connected for bus in buses))
        losses.clear()
        primaries: list[str] = []
        note = lambda primary, **_: primaries.append(primary)  # noqa: E731
        primary_changed.connect(note, weak=False)
        sentinels.fail_over()
        eventually(lambda: bool(losses))
        eventually(lambda: primaries)
        primary_changed.disconnect(note)
        assert primaries[0].endswith(f":{sentinels.primary()}")
        eventually(lambda: told(buses[0], heard))
        assert heard[-1].payload == "black"
    finally:
        for bus in buses:
            bus.stop()


def is_written(client: object) -> bool:
    """Return whether a write is taken; the old primary refuses it until the connection is made anew."""
    try:
        return bool(client.set("tea", "black"))  # type: ignore[attr-defined]
    except RedisError:
        return False


def told(bus: SharedBus, heard: list[Envelope]) -> bool:
    """Say it once more, and return whether it has been heard."""
    bus.publish("tea", "black")
    return bool(heard)
