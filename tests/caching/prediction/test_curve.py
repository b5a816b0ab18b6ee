"""Between what was observed, and how snapshots become one curve."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.caching.prediction.curve import Curve, Point
from apps.caching.prediction.exceptions import SnapshotError
from apps.caching.prediction.grid import TTLS
from apps.caching.prediction.merge import ROWS, merged
from apps.caching.prediction.totals import Rates

RATES = st.floats(0, 1)


def curve(*points: tuple[float, float, float]) -> Curve:
    known = (Point(ttl_seconds=ttl, hit_rate=rate, mean_age_seconds=age) for ttl, rate, age in points)
    return Curve(points=tuple(known), reads_per_second=100.0, load_seconds=0.02)


def poisson(ttl: float) -> tuple[float, float, float]:
    """One key read at random, three times a second: hit rate and mean age by theory."""
    return ttl, 3 * ttl / (1 + 3 * ttl), 3 * ttl * ttl / 2 / (1 + 3 * ttl)


def snapshot(misses: list[Rates], *, loads: int = 0, seconds: float = 0.0) -> dict[str, object]:
    return {"ttls": list(TTLS), "rates": [list(row) for row in misses], "loads": loads, "load_seconds": seconds}


def flat(reads: float, loads: float, ages: float = 0.0) -> list[Rates]:
    return [(reads, loads, ages, reads)] * ROWS


def test_an_observed_ttl_has_what_was_observed() -> None:
    known = curve((1.0, 0.25, 0.5), (2.0, 0.5, 0.75), (4.0, 0.75, 1.0)).at(2.0)
    assert (known.ttl_seconds, known.hit_rate, known.mean_age_seconds) == pytest.approx((2.0, 0.5, 0.75))


def test_loads_are_the_reads_that_do_not_hit_and_keep_loaders_busy_as_long_as_they_take() -> None:
    known = curve((1.0, 0.25, 0.5)).at(1.0)
    assert (known.loads_per_second, known.busy_loaders) == (75.0, 1.5)


def test_one_key_read_at_random_is_foretold_exactly_between_and_below() -> None:
    known = curve(*(poisson(ttl) for ttl in (1.0, 2.0, 4.0)))
    for ttl in (0.01, 0.5, 1.3, 2.7, 3.99):
        assert known.at(ttl).hit_rate == pytest.approx(poisson(ttl)[1])
    assert known.at(2.7).mean_age_seconds == pytest.approx(poisson(2.7)[2], rel=0.02)


def test_no_ttl_is_no_hit_and_a_longer_one_than_was_observed_is_the_longest() -> None:
    known = curve((1.0, 0.25, 0.5), (2.0, 1.0, 0.75))
    assert [known.at(ttl).hit_rate for ttl in (-1.0, 0.0, 2.0, 9.0)] == [0.0, 0.0, 1.0, 1.0]
    assert [known.at(ttl).mean_age_seconds for ttl in (-1.0, 0.0, 0.5, 9.0)] == [0.0, 0.0, 0.25, 0.75]


def test_below_the_shortest_what_is_told_shrinks_with_the_ttl() -> None:
    known = curve((2.0, 0.5, 3.0)).at(0.5)
    assert (known.hit_rate, known.mean_age_seconds) == pytest.approx((0.2, 0.75))


def test_where_all_hits_from_the_shortest_on_there_are_no_odds_to_reckon_with() -> None:
    known = curve((1.0, 1.0, 0.0), (4.0, 1.0, 2.0))
    assert [known.at(ttl).hit_rate for ttl in (0.0, 0.5, 2.0)] == [0.0, 1.0, 1.0]
    assert known.at(2.0).mean_age_seconds == pytest.approx(1.0)


def test_from_nothing_to_something_goes_straight() -> None:
    known = curve((1.0, 0.0, 0.0), (4.0, 0.5, 2.0))
    assert (known.at(2.0).hit_rate, known.at(2.0).mean_age_seconds) == pytest.approx((0.25, 1.0))
    assert known.at(0.5).hit_rate == 0.0


@given(st.tuples(RATES, RATES), st.floats(1, 2))
def test_between_two_is_between_theirs(rates: tuple[float, float], ttl: float) -> None:
    low, high = sorted(rates)
    between = curve((1.0, low, low), (2.0, high, high)).at(ttl)
    assert low - 1e-9 <= between.hit_rate <= high + 1e-9
    assert low - 1e-9 <= between.mean_age_seconds <= high + 1e-9


def test_a_chart_has_a_forecast_for_each_ttl_that_was_observed() -> None:
    known = curve((1.0, 0.25, 0.5), (2.0, 0.5, 0.75))
    assert known.forecasts() == (known.at(1.0), known.at(2.0))


def test_processes_count_by_how_much_they_read() -> None:
    known = merged([snapshot(flat(300.0, 30.0, 600.0)), snapshot(flat(100.0, 50.0, 200.0))])
    assert known is not None
    assert [point.hit_rate for point in known.points] == [pytest.approx(0.8)] * len(TTLS)
    assert [point.mean_age_seconds for point in known.points] == [pytest.approx(2.0)] * len(TTLS)
    assert known.reads_per_second == 400.0


def test_load_seconds_are_the_mean_over_all_loads() -> None:
    known = merged([snapshot(flat(1.0, 1.0), loads=3, seconds=1.0), snapshot(flat(1.0, 1.0), loads=1, seconds=3.0)])
    assert known is not None
    assert known.load_seconds == 1.0


def test_merging_is_the_same_in_any_order() -> None:
    parts = [snapshot(flat(300.0, 30.0)), snapshot(flat(100.0, 50.0)), snapshot(flat(7.0, 5.0))]
    assert merged(parts) == merged(parts[::-1])


def test_nothing_read_is_no_curve() -> None:
    assert merged([]) is None
    assert merged([snapshot(flat(0.0, 0.0))]) is None


def test_hardly_anything_seen_of_what_was_read_is_no_curve() -> None:
    assert merged([snapshot([(10.0, 0.5, 0.0, 0.9)] * ROWS)]) is None
    assert merged([snapshot([(10.0, 0.5, 0.0, 1.1)] * ROWS)]) is not None


def test_pieces_are_joined_where_they_meet() -> None:
    rows = flat(10.0, 5.0, 10.0)[:5] + flat(10.0, 7.0, 30.0)[:1] + flat(10.0, 6.0, 40.0)[6:]
    known = merged([snapshot(rows)])
    assert known is not None
    assert [point.hit_rate for point in known.points] == pytest.approx([0.5] * 5 + [0.6] * 16)
    assert [point.mean_age_seconds for point in known.points] == pytest.approx([1.0] * 5 + [2.0] * 16)


@pytest.mark.parametrize(("loads", "hit_rate"), [(10.8, 0.02), (8.0, 0.2)])
def test_where_hardly_a_read_hits_the_hits_are_believed_and_else_the_loads(loads: float, hit_rate: float) -> None:
    known = merged([snapshot([(10.0, loads, 0.0, 11.0)] * ROWS)])
    assert known is not None
    assert known.points[0].hit_rate == pytest.approx(hit_rate)


def test_what_was_not_observed_is_left_out_and_the_rest_stands_as_it_is() -> None:
    rows = flat(0.0, 0.0)[:9] + flat(10.0, 6.0)[9:]
    known = merged([snapshot(rows)])
    assert known is not None
    assert [point.ttl_seconds for point in known.points] == list(TTLS[7:])
    assert known.points[0].hit_rate == pytest.approx(0.4)


def test_a_longer_ttl_never_hits_less_and_no_share_leaves_its_bounds() -> None:
    rows = [(10.0, 12.0, 0.0, 20.0), (10.0, 4.0, -1.0, 20.0), (10.0, 5.0, 0.0, 20.0), *flat(10.0, -1.0)[3:]]
    known = merged([snapshot(rows)])
    assert known is not None
    assert [point.hit_rate for point in known.points[:4]] == pytest.approx([0.0, 0.6, 0.6, 1.0])
    assert known.points[1].mean_age_seconds == 0.0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ttls": [1.0]}, "ttls"),
        ({"ttls": None}, "ttls"),
        ({"rates": flat(1.0, 1.0)[1:]}, "rates"),
        ({"rates": [(1.0, 1.0, 0.0)] * ROWS}, "rates"),
    ],
)
def test_a_snapshot_of_another_form_is_refused_by_its_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(SnapshotError, match=f"^{field}: "):
        merged([snapshot(flat(1.0, 1.0)) | change])
