"""Breakers of real processes over a real Redis: one opening is known to all, and probes are counted fleet-wide."""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from apps.backplane.connections import redis_client
from apps.resilience.breaker import Breaker, Rules
from apps.resilience.sharing.redis_store import RedisStore
from apps.resilience.sharing.syncer import Syncer
from tests.resilience.prober import PROBES
from tests.resilience.virtual import broken, ended, fine
from tests.servers.deadline import eventually
from tests.servers.process import ServerProcess
from tests.servers.redis import running_redis
from tests.servers.site import Site

pytestmark = pytest.mark.engine("sqlite")
PROCESSES, CALLERS = 4, 100
ORDERS = {"force-open": "forced-open", "disable": "disabled", "close": "closed"}


def test_four_processes_of_a_hundred_callers_send_no_more_probes_than_permitted(redis_url: str, tmp_path: Path) -> None:
    with redis_client(redis_url, purpose="test", timeout_seconds=5) as client, ExitStack() as stack:
        for number in range(PROCESSES):
            command = [sys.executable, "-m", "tests.resilience.prober", redis_url, f"p{number}", str(CALLERS)]
            process = ServerProcess(command, log=tmp_path / f"p{number}", env={**os.environ, "DEBUG": "on"})
            stack.callback(process.kill)
        eventually(lambda: int(client.get("ready") or 0) == PROCESSES)  # type: ignore[arg-type]
        begin = time.time()
        client.set("go", 1)
        eventually(lambda: client.hlen("opened") == PROCESSES)
        opened = [float(at) - begin for at in client.hvals("opened")]  # type: ignore[union-attr]
        eventually(lambda: client.hlen("rejected") == PROCESSES)
        seen = int(client.get("seen") or 0)  # type: ignore[arg-type]
        assert max(opened) < 1.0, "an opening must be known everywhere within a second"
        assert 1 <= seen <= PROBES
        assert min(int(count) for count in client.hvals("rejected")) >= CALLERS  # type: ignore[union-attr]


def test_a_redis_that_hangs_delays_no_call() -> None:
    with running_redis() as redis:
        store = RedisStore(partial(redis_client, redis.url(), purpose="test", timeout_seconds=1.0))
        breaker = Breaker("shared", Rules(recovery_seconds=0.2))
        syncer = Syncer(store, lambda: [breaker], origin="p0", interval_seconds=0.05)
        syncer.start()
        eventually(lambda: syncer.is_attached)
        os.kill(redis.process.pid, signal.SIGSTOP)
        try:
            durations = sorted(durations_of(breaker, seconds=1.5))
        finally:
            os.kill(redis.process.pid, signal.SIGCONT)
        assert durations[int(len(durations) * 0.999)] < 0.005
        assert durations[-1] < 0.5, "a call that waited for the store would have waited a second"
        eventually(lambda: syncer.is_attached)
        breaker.close()
        eventually(lambda: store.processes("shared")["p0"]["state"] == "closed")
        syncer.stop()
        assert breaker.on_event is None


def durations_of(breaker: Breaker, *, seconds: float) -> list[float]:
    """Return how long each of many calls took, rejections, probes and openings among them."""
    durations = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for call in (fine, broken, broken, broken, broken, broken, fine):
            begin = time.perf_counter()
            ended(breaker, call)
            durations.append(time.perf_counter() - begin)
        time.sleep(0.001)  # a caller that leaves the processor to others
    return durations


def test_an_order_from_the_shell_is_obeyed_by_every_server_within_a_second(
    redis_url: str, postgres_url: str, site: Callable[..., Site]
) -> None:
    first = site(DATABASE_URL=postgres_url, REDIS_URL=redis_url)
    site(DATABASE_URL=postgres_url, REDIS_URL=redis_url, migrate=False)
    store = RedisStore(partial(redis_client, redis_url, purpose="test", timeout_seconds=1.0))

    def states() -> list[str]:
        return [view["state"] for view in store.processes("broker").values()]

    eventually(lambda: states() == ["closed", "closed"])
    assert any(obeyed(first, order, states) < 1 for order in ORDERS), "an order must be obeyed within a second"
    store.close()


def obeyed(site: Site, order: str, states: Callable[[], list[str]]) -> float:
    """Return the seconds from the end of the command until every process said that it obeys."""
    site.manage("breakers", order, "broker", "--reason", "drill")
    begin = time.monotonic()
    eventually(lambda: states() == [ORDERS[order]] * 2)
    return time.monotonic() - begin
