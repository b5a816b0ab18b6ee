"""The cache: what each level answered, what had to be loaded and why, and what memory holds."""

from typing import Any

from apps.caching.http.counts import routes
from apps.caching.namespace import Namespace, namespaces
from apps.caching.sessions import Held, sessions
from apps.caching.statistics import CAUSES, LOAD_BOUNDS_SECONDS, Tally, freshness, invalidated
from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import counter, distribution, gauge
from apps.monitoring.measuring.mirror import mirrored_by
from apps.monitoring.policy.recorders import CACHE
from apps.monitoring.recorders.recorder import Recorder

REQUESTS = counter(
    "cache_requests_total",
    "Reads by the level that answered and how: hit, stale in place of a load that failed, miss, bypass on purpose.",
    "namespace", "level", "result",
)  # fmt: skip
MISSES = counter("cache_misses_total", "Reads that no level answered, by why.", "namespace", "cause")
LOADS = distribution("cache_load_duration_seconds", "Loads that ended well.", "namespace")
FAILURES = counter("cache_load_failures_total", "Loads that an outage ended, and those not waited for.", "namespace")
ENTRIES = gauge("cache_entries", "Entries in this process's memory, by level.", "namespace", "level")
BYTES = gauge("cache_bytes", "What entries in this process's memory take, by level.", "namespace", "level")
EVICTIONS = counter("cache_evictions_total", "Entries of level 1 forgotten for want of room.", "namespace")
REFUSED = counter("cache_fills_refused_total", "Loaded values that were not kept, by why.", "namespace", "reason")
INVALIDATIONS = counter(
    "cache_invalidations_total", "Tags invalidated here, by what they begin with and why.", "namespace", "cause"
)
ANSWERS = counter("cache_answers_total", "Answers of routes whose answers are kept, by what became of them.",
                  "route", "result")  # fmt: skip
CHECKS = counter("cache_freshness_checks_total", "Entries whose freshness was audited.")
VIOLATIONS = counter("cache_freshness_violations_total", "Audited entries that were older than they may be.")
NO_LEVEL = "none"
ON_PURPOSE = ("bypass", "disabled")
TURNS = 10  # sessions are looked through entry by entry: every ten seconds


class CacheRecorder(Recorder[None]):
    """Looks at the counters of the namespaces."""

    name = "cache"
    policy = CACHE

    def __init__(self) -> None:
        super().__init__()
        self._turn = 0
        self._held: dict[str, Held] = {}

    def read(self, board: Board) -> None:
        """Put the namespaces on the board, and what no namespace has alone."""
        if self._turn % TURNS == 0:
            self._held = sessions.held()
        self._turn += 1
        for namespace in namespaces():
            if not self.rules.is_ignored(namespace.name):
                _tell(board, namespace, self._held.get(namespace.name, Held()))
        for (family, cause), times in dict(invalidated).items():
            board.put(INVALIDATIONS, (family, cause), times)
        for route, tally in dict(routes).items():
            for result in tally.__slots__:
                board.put(ANSWERS, (route, result), getattr(tally, result))
        board.put(CHECKS, (), freshness.checks)
        board.put(VIOLATIONS, (), freshness.violations)


def _tell(board: Board, namespace: Namespace[Any], held: Held) -> None:
    name, tally, shelf = namespace.name, namespace.tally, namespace.shelf
    for (level, result), times in results(tally).items():
        board.put(REQUESTS, (name, level, result), times)
    for cause, times in dict(tally.misses).items():
        board.put(MISSES, (name, cause), times)
    for reason, times in dict(tally.refusals).items():
        board.put(REFUSED, (name, reason), times)
    for cause in CAUSES:
        board.add(INVALIDATIONS, (name, cause), 0)
    board.mirror(LOADS, (name,), mirrored_by(LOAD_BOUNDS_SECONDS, tally.load_counts, tally.load_seconds))
    board.put(FAILURES, (name,), tally.failures)
    board.put(EVICTIONS, (name,), shelf.evictions)
    for level, entries, size in (("L1", len(shelf.entries), shelf.bytes), ("L2", held.entries, held.bytes)):
        board.put(ENTRIES, (name, level), entries)
        board.put(BYTES, (name, level), size)


def results(tally: Tally) -> dict[tuple[str, str], int]:
    """Return the reads by level and result."""
    misses = dict(tally.misses)
    bypassed = sum(misses.pop(cause, 0) for cause in ON_PURPOSE)
    return {
        ("L1", "hit"): tally.l1,
        ("L2", "hit"): tally.l2,
        ("L3", "hit"): tally.l3,
        (NO_LEVEL, "stale"): tally.stale,
        (NO_LEVEL, "miss"): sum(misses.values()),
        (NO_LEVEL, "bypass"): bypassed,
    }
