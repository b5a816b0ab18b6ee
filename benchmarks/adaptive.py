"""How soon and how falsely breakers open: fixed thresholds against learned ones, over simulated dependencies.

python -m benchmarks.adaptive [RUNS]: per dependency 20 runs of 20,000 usual calls and then an outage, seeded; the same
outcomes for both judges. Virtual time, so it takes seconds.
"""

import random
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.resilience.breaker.machine import Machine
from apps.resilience.breaker.rules import Judge, Rules
from apps.resilience.breaker.state import State
from benchmarks.report import publish

USUAL_CALLS, LEARNING_CALLS, OUTAGE_CALLS = 20_000, 500, 2_000
PACKAGES = ("pybreaker",)
NOTES = (
    "False openings: per 100,000 usual calls. Opens after: the median of calls from the beginning of the outage to the "
    "opening, among those that open within 2,000 calls. Classic has its defaults (5 in a row; 50% of 100; 80% slower "
    "than 5 s)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """How it usually is, and how an outage shows."""

    title: str
    usual_failures: float
    outage_failures: float
    seconds: float = 0.2
    outage_factor: float = 1.0


DEPENDENCIES = (
    Dependency(title="steady, then down", usual_failures=0.002, outage_failures=1.0),
    Dependency(title="steady, then 60% fail", usual_failures=0.002, outage_failures=0.6),
    Dependency(title="steady, then 30% fail", usual_failures=0.002, outage_failures=0.3),
    Dependency(title="steady, then 10 times slower", usual_failures=0.002, outage_failures=0.002, outage_factor=10.0),
    Dependency(title="fails 10% always, then 60%", usual_failures=0.1, outage_failures=0.6),
    Dependency(title="fails 25% always, then 90%", usual_failures=0.25, outage_failures=0.9),
    Dependency(title="slow always (8 s), then down", usual_failures=0.002, outage_failures=1.0, seconds=8.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came of one run."""

    false_openings: int
    opened_after: int | None


def outcomes(one: Dependency, chance: random.Random, calls: int, *, is_outage: bool) -> Iterator[tuple[float, bool]]:
    """Yield how long each call takes and whether it fails."""
    failures = one.outage_failures if is_outage else one.usual_failures
    factor = one.outage_factor if is_outage else 1.0
    for _ in range(calls):
        yield one.seconds * factor * chance.lognormvariate(0, 0.4), chance.random() < failures


def run(one: Dependency, judge: Judge, seed: int) -> Finding:
    """Return how often a breaker opens while all is usual, and how soon in the outage."""
    chance = random.Random(seed)
    machine = Machine("simulated", Rules(judge=judge), chance=lambda: 0.0, hour=lambda: 12)
    now, false = 0.0, 0
    for number, (seconds, is_failure) in enumerate(outcomes(one, chance, USUAL_CALLS, is_outage=False)):
        now += 0.05
        machine.record(machine.generation, now=now, seconds=seconds, is_failure=is_failure)
        if machine.inner is State.OPEN:
            false += number >= LEARNING_CALLS
            machine.close("false", now)
    for number, (seconds, is_failure) in enumerate(outcomes(one, chance, OUTAGE_CALLS, is_outage=True)):
        now += 0.05
        machine.record(machine.generation, now=now, seconds=seconds, is_failure=is_failure)
        if machine.inner is State.OPEN:
            return Finding(false_openings=false, opened_after=number + 1)
    return Finding(false_openings=false, opened_after=None)


def row(one: Dependency, runs: int) -> dict[str, Any]:
    """Return the line of a dependency."""
    cells: dict[str, Any] = {"dependency": one.title}
    for judge in Judge:
        found = [run(one, judge, seed) for seed in range(runs)]
        after = [finding.opened_after for finding in found if finding.opened_after is not None]
        false = sum(finding.false_openings for finding in found) * 100_000 / (runs * (USUAL_CALLS - LEARNING_CALLS))
        cells[f"{judge}: false openings"] = f"{false:.1f}"
        cells[f"{judge}: opens after"] = f"{statistics.median(after):.0f} calls" if after else "never"
        cells[f"{judge}: missed"] = f"{runs - len(after)} of {runs}"
    return cells


def main() -> None:
    """Simulate and publish."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    rows = [row(one, runs) for one in DEPENDENCIES]
    publish("adaptive", "Opening by fixed and by learned thresholds", rows, packages=PACKAGES, notes=NOTES)


if __name__ == "__main__":
    main()
