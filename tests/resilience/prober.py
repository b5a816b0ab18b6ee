"""A process of the fleet for tests: trips with the others, then lets many callers knock at the half-open instant.

python -m tests.resilience.prober REDIS_URL ORIGIN CALLERS; what passes counts itself in Redis, fails, and the counts
are read by the test.
"""

import sys
import time
from functools import partial
from threading import Thread

from apps.backplane.connections import redis_client
from apps.backplane.shared import SharedBus
from apps.resilience.breaker import Breaker, Rules
from apps.resilience.sharing.redis_store import RedisStore
from apps.resilience.sharing.syncer import Syncer
from tests.resilience.virtual import broken, ended
from tests.servers.deadline import eventually

PROBES = 3
RECOVERY_SECONDS = 1.5


def main() -> None:
    """Trip, wait until the fleet is open, knock until the test says stop."""
    url, origin, callers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    connect = partial(redis_client, url, timeout_seconds=5.0)
    breaker = Breaker("shared", Rules(recovery_seconds=RECOVERY_SECONDS, probes=PROBES, successes_to_close=PROBES))
    bus = SharedBus(partial(connect, purpose="bus"), heartbeat_seconds=0.2)
    bus.start()
    syncer = Syncer(RedisStore(partial(connect, purpose="test")), lambda: [breaker], origin=origin, bus=bus)
    syncer.start()
    client = connect(purpose="counter")
    client.incr("ready")
    eventually(lambda: client.get("go"))
    if origin in {"p0", "p1"}:
        for _ in range(5):
            ended(breaker, broken)
    eventually(lambda: breaker.current_state == "open" and breaker.view().is_led)
    client.hset("opened", origin, time.time())
    knock(breaker, url, callers)
    client.hset("rejected", origin, breaker.view().rejected)
    syncer.stop()
    bus.stop()


def knock(breaker: Breaker, url: str, callers: int) -> None:
    """Call from many threads at once for two seconds past the recovery."""
    client = redis_client(url, purpose="upstream", timeout_seconds=5.0)
    until = time.monotonic() + RECOVERY_SECONDS + 2

    def upstream() -> str:
        client.incr("seen")
        time.sleep(0.3)  # the upstream's own slowness, so that probes overlap
        raise ConnectionError("still down")

    def call() -> None:
        while time.monotonic() < until:
            ended(breaker, upstream)
            time.sleep(0.02)

    threads = [Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
