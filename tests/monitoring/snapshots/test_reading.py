"""Reading: any range, every moment of it once, whatever was rolled up by then."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.monitoring.measuring.scale import RELATIVE_ERROR
from apps.monitoring.models.snapshots import Resolution, Snapshot
from apps.monitoring.snapshots.marks import marks
from apps.monitoring.snapshots.reading import pieces, read, read_whole
from apps.monitoring.snapshots.rollup import GRACE_SECONDS, roll_up
from apps.monitoring.snapshots.window import STEPS, Window
from tests.monitoring.snapshots.rows import COUNTED, EPOCH, LEVEL, SECONDS, Process

bounded = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
HOUR = 3_600


def over(seconds: int, step: int = 60, start: int = EPOCH) -> Window:
    return Window(start=start, end=start + seconds, step=step)


@given(
    st.integers(0, 300),
    st.integers(1, 100),
    st.sampled_from(STEPS),
    st.integers(0, 40),
    st.integers(0, 40),
    st.integers(0, 90),
)
@settings(max_examples=200, deadline=None)
def test_every_moment_of_a_window_is_read_from_one_resolution(
    first: int, length: int, step: int, days: int, hours: int, minutes: int
) -> None:
    start = first * step
    window = Window(start=start, end=start + length * 10, step=step)
    day = days * 86_400
    hour = day + hours * HOUR
    rolled_up = {
        Resolution.DAY: day,
        Resolution.HOUR: hour,
        Resolution.TEN_MINUTES: hour,
        Resolution.MINUTE: hour + minutes * 60,
    }
    found = list(pieces(window, rolled_up))
    assert found[0][1] == window.start
    assert [end for *_, end in found] == [*(begin for _, begin, _ in found[1:]), window.end]
    for resolution, begin, end in found:
        assert begin % resolution == 0
        assert end % resolution == 0
        assert window.step % resolution == 0
        assert end <= rolled_up.get(resolution, window.end)


@pytest.mark.django_db
@bounded
@given(
    seed=st.integers(0, 10_000), now=st.integers(GRACE_SECONDS, 4 * HOUR), step=st.sampled_from([10, 60, 600, 3_600])
)
@example(seed=1, now=2 * HOUR + 900, step=HOUR)
def test_percentiles_of_four_processes_and_three_resolutions_are_within_the_stated_error(
    transactional_period: Any, seed: int, now: int, step: int
) -> None:
    chance = random.Random(seed)
    with transactional_period():
        values: list[tuple[int, float]] = []
        processes = [Process(number) for number in range(4)]
        for start in sorted(chance.sample(range(0, 3 * HOUR, 10), 25)):
            for process in processes:
                here = [chance.lognormvariate(-3, 1.5) for _ in range(chance.randrange(1, 6))]
                values += [(start, value) for value in here]
                process.observe(EPOCH + start, here)
        roll_up(now=EPOCH + now, max_seconds=60)
        used = {resolution for resolution, *_ in pieces(over(3 * HOUR, step), marks())}
        assert used >= {10, 600, HOUR} or (now, step) != (2 * HOUR + 900, HOUR)
        (track,) = read(SECONDS.name, over(3 * HOUR, step))
        for index, point in enumerate([track.whole, *track.points]):
            exact = sorted(value for at, value in values if index == 0 or (index - 1) * step <= at < index * step)
            assert (point.count if point else 0) == len(exact)
            for share in (0.5, 0.95, 0.99) if point else ():
                wanted = exact[-int(-share * len(exact) // 1) - 1]
                found = point.quantile(share)
                assert found is not None
                assert abs(found - wanted) <= RELATIVE_ERROR * wanted * (1 + 1e-6)


@pytest.mark.django_db
def test_labels_choose_and_part_the_series() -> None:
    process = Process()
    for route, status, number in (("a", "200", 3), ("a", "500", 1), ("b", "503", 2)):
        for _ in range(number):
            process.board.observe(SECONDS, (route, status), 0.1)
    process.write(EPOCH)
    by_route = read(SECONDS.name, over(60), by=("route",))
    failed = read(SECONDS.name, over(60), where={"status": ["5*"]})
    exact = read(SECONDS.name, over(60), by=("status", "route"), where={"route": ["a"], "status": ["200"]})
    assert [(track.labels, track.whole.count) for track in by_route] == [(("a",), 4), (("b",), 2)]
    assert [(track.labels, track.whole.count) for track in failed] == [((), 3)]
    assert [(track.labels, track.whole.count) for track in exact] == [(("200", "a"), 3)]


@pytest.mark.django_db
def test_numbers_read_without_histograms_are_the_same() -> None:
    processes = [Process(number) for number in range(2)]
    for start in range(0, 600, 10):
        for process in processes:
            process.board.add(COUNTED, ("a",), 2)
            process.board.put(LEVEL, (), 3)
            process.observe(EPOCH + start, [0.25, 0.5])
    roll_up(now=EPOCH + 400, max_seconds=60)
    for metric, whole in ((COUNTED, (120, 240, 2)), (LEVEL, (120, 360, 3)), (SECONDS, (240, 90, 0.5))):
        for has_histograms in (True, False):
            (track,) = read(metric.name, over(600, 120), has_histograms=has_histograms)
            found = track.whole
            assert (found.total, len(track.points), found.histogram is not None) == (
                whole[1], 5, has_histograms and metric is SECONDS,
            )  # fmt: skip
            assert found.maximum == pytest.approx(whole[2], abs=0.25 * 18)
            (at_once,) = read_whole(metric.name, over(600, 120), has_histograms=has_histograms)
            assert (at_once.whole.count, at_once.whole.total) == (found.count, found.total)
            assert at_once.whole.quantile(0.5) == found.quantile(0.5)
    assert found.count == 240
    assert found.mean == 0.375


@pytest.mark.django_db
def test_nothing_is_read_of_a_metric_that_was_never_written_and_an_unknown_name_is_refused() -> None:
    assert read(SECONDS.name, over(60)) == []
    with pytest.raises(ValueError, match="'none_total' is not declared"):
        read("none_total", over(60))
    with pytest.raises(ValueError, match="no label 'color', only route, status"):
        read(SECONDS.name, over(60), by=("color",))


@pytest.mark.django_db(transaction=True)
def test_what_is_over_is_added_up_once_and_kept_apart_by_what_was_asked() -> None:
    process = Process()
    for start in range(0, 4 * HOUR, 300):
        process.observe(EPOCH + start, [0.25], route="a" if start % 600 else "b")
    roll_up(now=EPOCH + 3 * HOUR + 1_500, max_seconds=60)
    window = over(4 * HOUR, HOUR)
    first = read(SECONDS.name, window)
    Snapshot.objects.filter(resolution__gte=Resolution.TEN_MINUTES).delete()
    again = read(SECONDS.name, window)
    apart = read(SECONDS.name, window, by=("route",))
    assert [point.count for point in first[0].points if point] == [12] * 4
    assert [(p.count, p.quantile(0.5)) for p in again[0].points if p] == [(12, 0.25)] * 4
    assert sum(track.whole.count for track in apart) < 48
