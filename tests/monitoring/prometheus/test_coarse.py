"""Fewer buckets, the same numbers at each bound."""

from hypothesis import given, settings
from hypothesis import strategies as some

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.histogram import Histogram
from apps.monitoring.measuring.metric import SECONDS
from apps.monitoring.prometheus.coarse import Coarse, coarse
from tests.monitoring.prometheus.sheets import COUNTED, LASTED, OWN


@given(values=some.lists(some.floats(min_value=0, max_value=1_000), max_size=50))
@settings(max_examples=100, deadline=None)
def test_as_many_are_below_each_bound(values: list[float]) -> None:
    fine = Histogram()
    for value in [*values, *SECONDS]:
        fine.observe(value)
    found = Histogram(coarse(fine.counts, SECONDS))
    assert [found.below(bound) for bound in SECONDS] == [fine.below(bound) for bound in SECONDS]
    assert found.count == fine.count
    assert len(found.counts) <= len(SECONDS) + 1


def test_a_distribution_that_grew_is_told_anew_and_what_is_not_for_prometheus_is_left_out() -> None:
    board, kept = Board(), Coarse()
    board.add(OWN, ())
    board.add(COUNTED, ("a",), 2)
    for times in (1, 1, 2):
        for _ in range(times):
            board.observe(LASTED, ("a",), 0.3)
        lines = kept.lines(board.sheet(worker="w", started=0, at=0).lines)
        [counted, lasted] = lines
        assert (counted.metric, counted.value) == (COUNTED.name, 2)
        assert lasted.histogram.below(1.0) == board.histogram(LASTED, ("a",)).count
