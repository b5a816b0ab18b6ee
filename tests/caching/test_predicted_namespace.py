"""What is predicted of a namespace is what it then does: one trace, played through it at several lives."""

import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.caching import current, observer
from apps.caching import finding as finding_module
from apps.caching import namespace as namespace_module
from apps.caching import reading as reading_module
from apps.caching import record as record_module
from apps.caching.namespace import Namespace
from apps.caching.prediction.merge import merged
from apps.caching.prediction.sampler import Sampler
from apps.tuning.handle import State
from tests.caching.conftest import Page
from tests.caching.model import Model

pytestmark = pytest.mark.django_db(transaction=True)
LIVES = (4.0, 20.0, 60.0, 300.0, 900.0)
KEYS, READS, SECONDS, WRITES_PERCENT = 100, 4_000, 3_600.0, 2


class Ground:
    """A clock for all who look at one, and a store in memory that goes by it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.store = 1_000.0, Model()
        for module in (namespace_module, finding_module, reading_module):
            monkeypatch.setattr(module, "_clock", self)
        for module in (reading_module, record_module, observer):
            monkeypatch.setattr(module, "_wall", self)
        monkeypatch.setitem(current._stores, os.getpid(), self.store)

    def __call__(self) -> float:
        return self.now

    def go(self, now: float) -> None:
        self.now = self.store.now = now


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch, nothing_kept: None) -> Iterator[Ground]:
    """Time that the trace moves. Every key is watched: how far a sample is off is measured in benchmarks."""
    chance = random.Random(6).random
    monkeypatch.setattr(observer, "BLOCK_BITS", 0)
    monkeypatch.setattr(observer, "Sampler", lambda now: Sampler(now, block_bits=0, keys_max=KEYS, chance=chance))
    return Ground(monkeypatch)


def trace() -> list[tuple[float, int, bool]]:
    """Return when which key is read, or written."""
    chance = random.Random(4)
    weights = [1 / (rank + 1) ** 0.6 for rank in range(KEYS)]
    keys = chance.choices(range(KEYS), weights, k=READS)
    moments = sorted(chance.uniform(0, SECONDS) for _ in range(READS))
    return [(moment, key, chance.random() < WRITES_PERCENT / 100) for moment, key in zip(moments, keys, strict=True)]


def played(namespace: Namespace[Any], ground: Ground, *, life: float) -> float:
    """Return the share of reads that were answered without a load."""
    policy = type(namespace.policy.current)
    namespace.policy.swap(
        State(policy=policy(l1_seconds=1, l2_seconds=min(life, 300), l3_seconds=life, jitter_percent=0, early_beta=0))
    )
    begin, before = ground.now, namespace.tally.loads
    for moment, key, is_write in trace():
        ground.go(begin + moment)
        if is_write:
            namespace.invalidate(f"thing:{key}")
        else:
            namespace.get_or_load((key,), lambda: Page("x"))
    reads = sum(not is_write for *_, is_write in trace())
    return 1 - (namespace.tally.loads - before) / reads


def test_predicted_hit_rates_are_within_two_points_of_those_measured_at_five_lives(
    make_namespace: Callable[..., Namespace[Any]], things: Any, ground: Ground
) -> None:
    learned = make_namespace("learned", tags=lambda key: (things.of(key[0]),))
    for _ in range(2):
        played(learned, ground, life=60.0)
    curve = merged([learned.observer.snapshot()])
    assert curve is not None
    errors = {}
    for life in LIVES:
        namespace = make_namespace(f"at{life:.0f}", tags=lambda key: (things.of(key[0]),))
        played(namespace, ground, life=life)  # what is cold at first is no matter of lives
        measured = played(namespace, ground, life=life)
        errors[life] = abs(curve.at(life).hit_rate - measured)
    assert max(errors.values()) <= 0.02, errors
