"""What the checks find of this process and its stores."""

import asyncio
import socket
from typing import Any

import pytest

from apps.backplane.bus import BusStatus
from apps.caching.current import store
from apps.deduplication.flights.current import table
from apps.monitoring.health.checks import KINDS, channels, server_checks, site_checks
from apps.monitoring.health.checks import bus as bus_check
from apps.monitoring.health.checks.breakers import BreakersCheck
from apps.monitoring.health.checks.bus import BusCheck
from apps.monitoring.health.checks.cache import CacheCheck
from apps.monitoring.health.checks.channels import ChannelsCheck
from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.checks.cpu import CpuCheck
from apps.monitoring.health.checks.database import DatabaseCheck
from apps.monitoring.health.checks.disk import DiskCheck
from apps.monitoring.health.checks.flights import FlightsCheck
from apps.monitoring.health.checks.memory import MemoryCheck
from apps.monitoring.health.checks.queues import QueuesCheck, alive
from apps.monitoring.health.checks.redis import RedisCheck, described
from apps.monitoring.health.panel import looked_once
from apps.monitoring.health.status import Status
from apps.monitoring.policy.health import HEALTH
from apps.resilience.breaker import Mode
from apps.resilience.pipeline import pipeline
from tests.tuning.obeying import obeying


def statuses(check: Check) -> dict[str, Status]:
    return {finding.measurement: finding.status for finding in check.look()}


@pytest.mark.django_db(transaction=True)
def test_every_check_of_a_server_finds_something_and_answers() -> None:
    results = looked_once(server_checks(), timeout_seconds=10)
    assert len(results) >= len(KINDS) - 1
    assert "It does not answer in time." not in [result.output for result in results]
    assert all(result.findings for result in results)


def test_another_process_looks_at_nothing_that_a_server_alone_knows(settings: Any) -> None:
    settings.CELERY_IN_PROCESS = True
    names = {check.name for check in site_checks()}
    assert {"database", "disk", "memory"} <= names
    assert names.isdisjoint({"cache", "flights", "breakers", "bus", "channels", "uptime", "queues"})


@pytest.mark.parametrize(("kind", "knob"), [(MemoryCheck, "memory_percent"), (DiskCheck, "disk_percent")])
def test_what_fills_up_warns_and_never_fails(kind: type[Check], knob: str) -> None:
    with obeying(HEALTH, **{knob: 1.0}):
        assert statuses(kind())["utilization"] is Status.WARN
    with obeying(HEALTH, **{knob: 100.0}):
        assert statuses(kind())["utilization"] is Status.PASS


def test_processors_are_judged_by_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [(0.0, 0.0), (50.0, 50.0), (50.0, 100.0)]
    monkeypatch.setattr("apps.monitoring.health.checks.cpu.times", lambda: told.pop(0))
    check = CpuCheck()
    assert [(one.value, one.status) for one in check.look()] == [(100.0, Status.WARN)]
    assert [(one.value, one.status) for one in check.look()] == [(50.0, Status.PASS)]


def test_a_level_of_the_cache_that_is_lost_is_told_with_what_it_means(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(statuses(CacheCheck())) == {"L1", "L2", "L3"}
    monkeypatch.setattr(store(), "lost", "Redis is gone.")
    lost = next(finding for finding in CacheCheck().look() if finding.measurement == "L3")
    assert (lost.status, "by each process alone" in lost.output) == (Status.WARN, True)


def test_flights_without_their_guarantee_warn() -> None:
    assert statuses(FlightsCheck()) == {"guarantee": Status.PASS}
    table().guarantee.lose("Redis is gone.")
    try:
        [finding] = FlightsCheck().look()
    finally:
        table().guarantee.restore()
    assert (finding.status, finding.value) == (Status.WARN, "lost")


def test_an_open_breaker_warns_by_its_name() -> None:
    with obeying(pipeline("smtp").handle, mode=Mode.FORCED_OPEN):
        pipeline("smtp").obey()
        found = statuses(BreakersCheck())
    assert (found["smtp"], found["assistant"]) == (Status.WARN, Status.PASS)


def test_a_bus_that_reaches_nobody_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cut:
        def status(self) -> BusStatus:
            return BusStatus(
                origin="a",
                is_shared=True,
                is_connected=False,
                peers=("b",),
                published=1,
                delivered=1,
                dropped=0,
                losses=2,
            )

    monkeypatch.setattr(bus_check, "bus", Cut)
    found = {finding.measurement: finding for finding in BusCheck().look()}
    assert (found["connection"].status, found["connection"].value) == (Status.WARN, "lost")
    assert (found["peers"].value, found["losses"].value) == (1, 2)


def test_redis_is_told_by_mode_role_nodes_and_lag() -> None:
    told = described({
        "redis_mode": "standalone", "role": "master", "connected_slaves": 2, "slave0": {"lag": 1}, "slave1": {"lag": 4},
    })  # fmt: skip
    assert {one.measurement: one.value for one in told} == {
        "mode": "single", "role": "primary", "nodes": 3, "replicationLag": 4,
    }  # fmt: skip
    replica = described({"redis_mode": "cluster", "role": "slave"})
    assert [(one.measurement, one.status) for one in replica][:2] == [("mode", Status.PASS), ("role", Status.WARN)]


def test_a_redis_that_refuses_warns(settings: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{taken.getsockname()[1]}/0"
        check = RedisCheck()
        [finding] = check.look()
        check.close()
    assert finding.status is Status.WARN


@pytest.mark.django_db(transaction=True)
def test_migrations_that_are_missing_fail_until_they_are_applied() -> None:
    check = DatabaseCheck()
    check._wanted = {("chat", "9999_coming")}
    missing = check._migrations()
    assert (missing.status, missing.value) == (Status.FAIL, 1)
    check._wanted = set()
    assert check._migrations().status is Status.PASS


def test_without_a_worker_the_queues_warn() -> None:
    assert [alive(number).status for number in (0, 1)] == [Status.WARN, Status.PASS]
    assert QueuesCheck.without_answer is Status.WARN


def test_a_channel_layer_that_says_nothing_is_asked_anew_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deaf:
        async def new_channel(self) -> str:
            return "nobody"

        async def send(self, *_: Any) -> None:
            """Lose it."""

        async def receive(self, _: str) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(channels, "SECONDS", 0.05)
    check = ChannelsCheck()
    with monkeypatch.context() as patch:
        patch.setattr(channels, "get_channel_layer", Deaf)
        with pytest.raises(TimeoutError):
            check.look()
    monkeypatch.setattr(channels, "SECONDS", 5.0)
    assert [check.look()[0].status for _ in range(2)] == [Status.PASS, Status.PASS]
    check.close()
