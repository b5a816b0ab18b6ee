"""A fleet in one process: several breakers of the same name, each with a syncer that is stepped by hand."""

from functools import partial
from typing import Any

from apps.backplane.connections import redis_client
from apps.resilience.breaker import Breaker, Rules
from apps.resilience.sharing.redis_store import RedisStore
from apps.resilience.sharing.report import Store
from apps.resilience.sharing.syncer import Syncer

RECOVERY_SECONDS = 0.15


def store(url: str) -> RedisStore:
    return RedisStore(partial(redis_client, url, purpose="test", timeout_seconds=1.0))


class Seat:
    """One process of the fleet."""

    def __init__(self, shared: Store, origin: str, **rules: Any) -> None:
        wanted = {"recovery_seconds": RECOVERY_SECONDS, "recovery_jitter": 0.0, "probe_seconds": 5.0, **rules}
        self.breaker = Breaker("shared", Rules(**wanted))
        self.syncer = Syncer(shared, lambda: [self.breaker], origin=origin)
        self.step = self.syncer.step

    @property
    def state(self) -> str:
        return self.breaker.current_state


def fleet(shared: Store, count: int, **rules: Any) -> list[Seat]:
    """Return processes that know of each other."""
    seats = [Seat(shared, f"p{number}", **rules) for number in range(count)]
    step(*seats)
    return seats


def step(*seats: Seat) -> None:
    """Let each exchange twice: once to tell, once to hear what the others told."""
    for seat in (*seats, *seats):
        seat.step()
