"""Where every key is watched, what is foretold is what a simulated cache does."""

from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.caching.prediction.grid import TTLS, Watch
from apps.caching.prediction.panel import Panel
from tests.caching.prediction.exact import Read, simulated

ALL = Watch(first=0, last=20, is_moving=False)
PAUSES = st.integers(0, 4096).map(lambda units: units / 64)  # exact in binary, as are their sums
TRACES = st.lists(st.tuples(st.integers(0, 5), PAUSES, st.integers(0, 1)), min_size=1, max_size=120)


def trace(steps: list[tuple[int, float, int]]) -> list[Read]:
    moments = accumulate(pause for _, pause, _ in steps)
    generations = accumulate(change for _, _, change in steps)
    rows = zip(steps, moments, generations, strict=True)
    return [Read(key, moment, generation) for (key, _, _), moment, generation in rows]


def counted(reads: list[Read]) -> Panel:
    panel = Panel(ALL, size=6, blocks=1, keys_max=6, chance=lambda: 0.0)
    panel.begin(0.0, 0)
    for read in reads:
        panel.read(read.key, read.now, read.generation)
    return panel


@settings(max_examples=60, deadline=None)
@given(TRACES)
def test_loads_and_ages_are_those_of_the_simulated_cache_at_every_ttl(steps: list[tuple[int, float, int]]) -> None:
    reads = trace(steps)
    totals = counted(reads).totals(1e9, len(reads))
    exact = [simulated(reads, ttl) for ttl in TTLS]
    assert totals.loads == [one.loads for one in exact]
    assert [age / len(reads) for age in totals.ages] == pytest.approx([one.mean_age_seconds for one in exact])


@settings(max_examples=60, deadline=None)
@given(TRACES)
def test_a_longer_ttl_never_loads_more(steps: list[tuple[int, float, int]]) -> None:
    loads = counted(trace(steps)).totals(1e9, len(steps)).loads
    assert loads == sorted(loads, reverse=True)
