"""The cache's counters on the board."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError

from apps.caching import namespace as namespaces
from apps.caching import statistics
from apps.caching.http.counts import routes, tally_of
from apps.caching.namespace import Namespace
from apps.caching.statistics import MISSES, Tally
from apps.deduplication.flights import scope as scopes
from apps.monitoring.policy.recorders import CACHE
from apps.monitoring.recorders.cache import CacheRecorder, results
from apps.tuning.registry import withdraw
from tests.caching.conftest import nothing_kept
from tests.monitoring.recorders.board import Shown

__all__ = ("nothing_kept",)
NAME = "watched"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def namespace() -> Iterator[Namespace[Any]]:
    """A namespace that nobody has asked yet."""
    yield Namespace(NAME, title="Test", value=str)
    namespaces.withdraw(NAME)
    for name in (f"cache_{NAME}", f"flights_cache_{NAME}"):
        withdraw(name)
    del scopes._scopes[f"cache_{NAME}"]


def fails() -> str:
    raise OperationalError("no value")


def test_reads_count_by_level_and_result(namespace: Namespace[Any]) -> None:
    for _ in range(3):
        namespace.get_or_load(("a",), lambda: "value")
    shown = Shown(CacheRecorder())
    requests = {labels[1:]: shown("cache_requests_total", *labels) for labels in shown.labels("cache_requests_total")
                if labels[0] == NAME}  # fmt: skip
    assert requests == {
        ("L1", "hit"): 2, ("L2", "hit"): 0, ("L3", "hit"): 0,
        ("none", "miss"): 1, ("none", "stale"): 0, ("none", "bypass"): 0,
    }  # fmt: skip
    assert shown("cache_misses_total", NAME, "cold") == 1
    assert shown.histogram("cache_load_duration_seconds", NAME).count == 1
    assert shown("cache_entries", NAME, "L1") == 1
    assert shown("cache_bytes", NAME, "L1") > 0


def test_a_namespace_that_nobody_asked_has_its_series_at_0(namespace: Namespace[Any]) -> None:
    shown = Shown(CacheRecorder())
    assert {shown("cache_misses_total", NAME, cause) for cause in MISSES} == {0.0}
    assert shown("cache_fills_refused_total", NAME, "moved") == 0
    assert shown("cache_invalidations_total", NAME, "write") == 0
    assert shown.histogram("cache_load_duration_seconds", NAME).count == 0


def test_loads_that_fail_are_counted(namespace: Namespace[Any]) -> None:
    with pytest.raises(OperationalError, match="no value"):
        namespace.get_or_load(("a",), fails)
    assert Shown(CacheRecorder())("cache_load_failures_total", NAME) == 1


def test_results_are_those_of_the_tally() -> None:
    tally = Tally(l1=5, stale=2)
    tally.misses.update(expired=3, bypass=4, disabled=1)
    assert results(tally) == {
        ("L1", "hit"): 5, ("L2", "hit"): 0, ("L3", "hit"): 0,
        ("none", "stale"): 2, ("none", "miss"): 3, ("none", "bypass"): 5,
    }  # fmt: skip


def test_invalidations_count_by_what_tags_begin_with_and_by_cause(namespace: Namespace[Any]) -> None:
    before = statistics.invalidated[NAME, "write"]
    namespace.delete(("a",))
    namespace.invalidate(f"{NAME}:x", f"{NAME}:y")
    assert Shown(CacheRecorder())("cache_invalidations_total", NAME, "write") == before + 3


def test_copies_of_sessions_are_looked_through_every_tenth_time(namespace: Namespace[Any]) -> None:
    recorder = CacheRecorder()
    assert Shown(recorder)("cache_entries", NAME, "L2") == 0
    namespace.get_or_load(("a",), lambda: "value", session="s")
    assert Shown(recorder)("cache_entries", NAME, "L2") == 0
    seen = [Shown(recorder)("cache_entries", NAME, "L2") for _ in range(9)]
    assert seen[-1] == 1


def test_what_is_ignored_is_not_shown(namespace: Namespace[Any], ruled: Callable[..., None]) -> None:
    ruled(CACHE, ignore="watch")
    assert NAME not in {labels[0] for labels in Shown(CacheRecorder()).labels("cache_requests_total")}


def test_routes_whose_answers_are_kept_are_shown() -> None:
    tally_of("api/watched").hits += 2
    shown = Shown(CacheRecorder())
    del routes["api/watched"]
    assert shown("cache_answers_total", "api/watched", "hits") == 2
    assert shown("cache_answers_total", "api/watched", "unchanged") == 0
