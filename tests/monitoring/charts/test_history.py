"""Charts from the tables: each figure, each way to part a metric into lines."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.monitoring.charts import chart as declared
from apps.monitoring.charts.chart import Chart, ChartLine, DataLine, Figure, chart_of, charts, declare
from apps.monitoring.charts.drawing import LINES_MAX, REST
from apps.monitoring.charts.history import histories, history
from apps.monitoring.snapshots.window import Window
from tests.monitoring.snapshots.rows import COUNTED, EPOCH, LEVEL, SECONDS, Process

WINDOW = Window(start=EPOCH, end=EPOCH + 30, step=10)


def line(metric: Any, figure: Figure, **options: Any) -> ChartLine:
    return ChartLine(label="it", metric=metric.name, figure=figure, **options)


def drawn(*lines: ChartLine) -> tuple[DataLine, ...]:
    return history(Chart(name="c", title="C", unit="", lines=lines), WINDOW).lines


def values(metric: Any, figure: Figure, **options: Any) -> list[float | None]:
    (only,) = drawn(line(metric, figure, **options))
    return [*only.values, only.whole]


@pytest.fixture
def written(db: None) -> None:
    """Two processes, twenty seconds: something in the first ten, more in the next, nothing after."""
    for number in range(2):
        process = Process(number)
        for start, times in ((0, 1), (10, 3)):
            process.board.add(COUNTED, ("good",), times)
            process.board.add(COUNTED, ("bad",), 1)
            process.board.put(LEVEL, (), 4 * times)
            process.observe(EPOCH + start, [0.1] * times + [2.0], status="200")


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("figure", "counted", "level", "seconds"),
    [
        (Figure.RATE, [0.4, 0.8, 0.0, 0.4], None, [0.4, 0.8, 0.0, 0.4]),
        (Figure.SUM, [4, 8, 0, 12], None, [4, 8, 0, 12]),
        (Figure.MEAN, None, [4, 12, None, 8], [1.05, 0.575, None, 8.8 / 12]),
        (Figure.LEVEL, None, [8, 24, None, 32 / 3], None),
        (Figure.MAXIMUM, None, [4, 12, None, 12], [2.0, 2.05, None, 2.05]),
        (Figure.P50, None, None, [0.105, 0.105, None, 0.105]),
        (Figure.P95, None, None, [2.0, 2.05, None, 2.05]),
        (Figure.P99, None, None, [2.0, 2.05, None, 2.05]),
    ],
)
def test_each_figure_is_told_for_each_point_and_for_the_whole(
    figure: Figure, counted: list[Any] | None, level: list[Any] | None, seconds: list[Any] | None
) -> None:
    for metric, expected in ((COUNTED, counted), (LEVEL, level), (SECONDS, seconds)):
        if expected is not None:
            found = values(metric, figure)
            assert [None if value is None else round(value, 1) for value in found] == pytest.approx(
                [None if value is None else round(value, 1) for value in expected], abs=0.11
            )


@pytest.mark.usefixtures("written")
def test_shares_are_of_what_there_was() -> None:
    assert values(COUNTED, Figure.SHARE, good={"kind": ["good"]}) == [0.5, 0.75, None, pytest.approx(8 / 12)]
    assert values(SECONDS, Figure.BELOW, bound=1.0) == [0.5, 0.75, None, pytest.approx(8 / 12)]
    assert values(COUNTED, Figure.SHARE, where={"kind": ["b*"]}, good={"kind": ["none"]}) == [0, 0, None, 0]


@pytest.mark.usefixtures("written")
def test_a_label_parts_a_metric_into_lines() -> None:
    found = {one.label: one.whole for one in drawn(line(COUNTED, Figure.SUM, by="kind"))}
    shares = {one.label: one.whole for one in drawn(line(COUNTED, Figure.SHARE, by="kind", good={"kind": ["good"]}))}
    assert found == {"bad": 4, "good": 8}
    assert shares == {"bad": 0, "good": 1}


@pytest.mark.django_db
def test_of_many_lines_the_largest_stay_and_the_rest_are_one() -> None:
    process = Process()
    for number in range(1, LINES_MAX + 4):
        process.board.add(COUNTED, (f"k{number:02}",), number)
    process.board.add(COUNTED, (REST,), 100)
    process.write(EPOCH)
    found = drawn(line(COUNTED, Figure.SUM, by="kind"))
    shares = drawn(line(COUNTED, Figure.SHARE, by="kind", good={"kind": ["k01", "k11"]}))
    assert [one.label for one in found] == [*(f"k{number:02}" for number in range(5, LINES_MAX + 4)), REST]
    assert found[-1].whole == 100 + 1 + 2 + 3 + 4
    assert sum(one.whole or 0 for one in found) == 100 + sum(range(1, LINES_MAX + 4))
    assert {one.label: one.whole for one in shares}[REST] == pytest.approx(1 / 110)


@pytest.mark.django_db
def test_a_line_without_data_is_flat_or_empty() -> None:
    assert values(COUNTED, Figure.RATE) == [0, 0, 0, 0]
    assert values(SECONDS, Figure.P95) == [None] * 4
    assert drawn(line(COUNTED, Figure.RATE, by="kind")) == ()


@pytest.mark.usefixtures("written")
def test_what_charts_have_in_common_is_read_once() -> None:
    lines = tuple(line(SECONDS, figure) for figure in (Figure.P50, Figure.P95, Figure.P99))
    one, other = (Chart(name=name, title=name, unit="seconds", lines=lines) for name in "ab")
    with CaptureQueriesContext(
        connection,
    ) as alone:
        history(one, WINDOW)
    with CaptureQueriesContext(connection) as both:
        found = histories([one, other], WINDOW)
    assert len(both) == len(alone) <= 4
    assert found["a"].lines == found["b"].lines
    assert (found["a"].times, found["a"].step) == (WINDOW.times, 10)


def test_a_chart_is_known_by_its_name_which_only_one_may_have(monkeypatch: Any) -> None:
    monkeypatch.setattr(declared, "_charts", {})
    made = declare(Chart(name="c", title="C", unit="", lines=()))
    assert (chart_of("c"), charts(), chart_of("d")) == (made, [made], None)
    with pytest.raises(ValueError, match="'c' is declared twice"):
        declare(made)
