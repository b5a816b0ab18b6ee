"""One contract for both buses, and what only the shared one promises."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from apps.backplane import current
from apps.backplane.bus import Bus, Loss
from apps.backplane.connections import redis_client
from apps.backplane.dispatch import Dispatch
from apps.backplane.envelope import Envelope
from apps.backplane.local import LocalBus
from apps.backplane.shared import CHANNEL, SharedBus
from tests.servers.deadline import eventually
from tests.servers.redis import running_redis

HEARTBEAT_SECONDS = 0.1


class Ear:
    """Subscribes to a topic and keeps what it hears."""

    def __init__(self, bus: Bus, topic: str = "t") -> None:
        self.payloads: list[Any] = []
        self.losses: list[str] = []
        self.stop = bus.subscribe(topic, self.deliver, self.lost)

    def deliver(self, envelope: Envelope) -> None:
        self.payloads.append(envelope.payload)

    def lost(self, loss: Loss) -> None:
        self.losses.append(loss.reason)


def shared(url: str) -> SharedBus:
    connect = partial(redis_client, url, purpose="bus", timeout_seconds=5.0)
    return SharedBus(connect, heartbeat_seconds=HEARTBEAT_SECONDS)


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Iterator[Callable[[Bus], Bus]]:
    """Start buses that end with the test."""
    buses: list[Bus] = []

    def start(bus: Bus) -> Bus:
        buses.append(bus)
        bus.start()
        bus.start()
        eventually(lambda: bus.status().is_connected)
        return bus

    yield start
    for bus in buses:
        bus.stop()


@pytest.fixture(params=["local", "shared"])
def bus(request: pytest.FixtureRequest, started: Callable[[Bus], Bus]) -> Bus:
    """Either bus, started."""
    return started(LocalBus() if request.param == "local" else shared(request.getfixturevalue("redis_url")))


def test_subscribers_hear_their_topic_once_in_order(bus: Bus) -> None:
    ear, other = Ear(bus), Ear(bus, "other")
    for number in range(500):
        bus.publish("t", {"number": number})
    eventually(lambda: len(ear.payloads) >= 500)
    assert ear.payloads == [{"number": number} for number in range(500)]
    assert other.payloads == []
    assert bus.status().published == 500


def test_many_threads_publish_without_losing_any(bus: Bus) -> None:
    ear = Ear(bus)
    threads = [
        threading.Thread(target=lambda name=name: [bus.publish("t", [name, number]) for number in range(200)])
        for name in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(lambda: len(ear.payloads) >= 1600)
    for name in range(8):
        assert [number for who, number in ear.payloads if who == name] == list(range(200))


def test_what_json_cannot_carry_is_refused_on_the_spot(bus: Bus) -> None:
    with pytest.raises(TypeError):
        bus.publish("t", object())


def test_whoever_left_hears_no_more(bus: Bus) -> None:
    ear, witness = Ear(bus), Ear(bus)
    ear.stop()
    ear.stop()
    bus.publish("t", 1)
    eventually(lambda: witness.payloads)
    assert ear.payloads == []


def test_a_failing_subscriber_harms_nobody(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Any) -> None:
        raise ValueError("mine")

    bus.subscribe("t", fail, fail)
    ear = Ear(bus)
    bus.publish("t", 1)
    bus.publish("t", 2)
    eventually(lambda: len(ear.payloads) == 2)
    assert "A bus subscriber failed" in caplog.text


async def test_event_loops_hear_in_their_own_thread(bus: Bus) -> None:
    heard: asyncio.Queue[tuple[Any, int]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    deliver = current.on_loop(loop, lambda envelope: heard.put_nowait((envelope.payload, threading.get_ident())))
    bus.subscribe("t", deliver, lambda _: None)
    bus.publish("t", "hello")
    assert await asyncio.wait_for(heard.get(), 10) == ("hello", threading.get_ident())


def test_a_closed_loop_is_no_longer_called() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    heard: list[Envelope] = []
    current.on_loop(loop, heard.append)(Envelope("t", "me", 0, 1))
    assert heard == []


def test_over_its_bound_the_queue_is_dropped_and_the_loss_announced() -> None:
    dispatch = Dispatch(queue_max=3)
    heard: list[Any] = []
    dispatch.subscribe("t", heard.append, heard.append)
    for number in range(5):
        dispatch.put(Envelope("t", "me", 0, number))
    dispatch.start("test-bus")
    dispatch.stop()
    assert isinstance(heard[0], Loss)
    assert [item.sequence for item in heard[1:]] == [3, 4]
    assert (dispatch.dropped, dispatch.delivered, dispatch.losses) == (3, 2, 1)


def test_processes_hear_each_other(redis_url: str, started: Callable[[Bus], Bus]) -> None:
    one, two = started(shared(redis_url)), started(shared(redis_url))
    ear = Ear(two)
    for number in range(300):
        one.publish("t", number)
    eventually(lambda: len(ear.payloads) >= 300)
    assert ear.payloads == list(range(300))
    eventually(lambda: two.status().peers == (one.status().origin,))


def test_foreign_bytes_on_the_channel_are_counted_and_passed_over(
    redis_url: str, started: Callable[[Bus], Bus]
) -> None:
    bus = started(shared(redis_url))
    with redis_client(redis_url, purpose="test", timeout_seconds=5) as client:
        client.publish(CHANNEL, b"junk")
    eventually(lambda: bus.status().dropped == 1)
    assert bus.status().is_connected


def test_a_missing_message_is_announced_before_the_next(redis_url: str, started: Callable[[Bus], Bus]) -> None:
    ear = Ear(started(shared(redis_url)))
    with redis_client(redis_url, purpose="test", timeout_seconds=5) as client:
        client.publish(CHANNEL, b'["t","them",0,1,"first"]')
        client.publish(CHANNEL, b'["t","them",0,3,"third"]')
    eventually(lambda: ear.payloads == ["first", "third"])
    assert any("them" in reason for reason in ear.losses)


def test_connections_are_named(redis_url: str, started: Callable[[Bus], Bus]) -> None:
    started(shared(redis_url))
    with redis_client(redis_url, purpose="test", timeout_seconds=5) as client:
        eventually(lambda: [entry["name"] for entry in client.client_list()].count("perfsite:bus") >= 2)
        assert "perfsite:test" in [entry["name"] for entry in client.client_list()]


def test_redis_gone_is_told_and_redis_back_heals(started: Callable[[Bus], Bus]) -> None:
    with running_redis() as redis:
        one, two = started(shared(redis.url())), started(shared(redis.url()))
    own, far = Ear(one), Ear(two)
    eventually(lambda: not one.status().is_connected and not two.status().is_connected)
    one.publish("t", "unheard elsewhere")
    eventually(lambda: own.payloads == ["unheard elsewhere"])
    with running_redis(port=redis.port):
        eventually(lambda: one.status().is_connected and two.status().is_connected)
        eventually(lambda: any("missing" in reason for reason in far.losses))
        one.publish("t", "again")
        eventually(lambda: far.payloads == ["again"])
    eventually(lambda: any("was lost" in reason for reason in far.losses))
    assert far.payloads == ["again"], "what was said while Redis was gone was lost, and told as a loss"


def test_a_process_that_ends_says_nothing_of_a_redis_that_ends_after_it(
    started: Callable[[Bus], Bus], caplog: pytest.LogCaptureFixture
) -> None:
    with running_redis() as server:
        bus = shared(server.url())
        started(bus)
        eventually(lambda: bus.status().is_connected)
        bus.finish()
    for thread in bus._threads:
        thread.join(timeout=5)
    assert not any(thread.is_alive() for thread in bus._threads)
    assert "no Redis" not in caplog.text


def test_the_process_has_one_bus_by_its_settings(settings: Any, redis_url: str) -> None:
    current.stop_bus()
    settings.REDIS_URL = ""
    first = current.bus()
    assert first is current.bus()
    assert not first.status().is_shared
    current.stop_bus()
    settings.REDIS_URL = redis_url
    assert current.bus().status().is_shared
    current.stop_bus()
    current.stop_bus()
