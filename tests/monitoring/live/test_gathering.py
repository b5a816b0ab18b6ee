"""Gathering: rates are those of the processes, in whatever rhythm they speak."""

import pytest

from apps.monitoring.charts.chart import ChartLine, Figure
from apps.monitoring.charts.drawing import drawn
from apps.monitoring.live.gathering import Gathering, Second
from apps.monitoring.live.growth import GrowthError, decoded, encoded
from apps.monitoring.live.limits import GROWTH_MAX_BYTES, PENDING_MAX, PROCESSES_MAX, SILENT_SECONDS
from tests.monitoring.live.said import COUNTED, LEVEL, SECONDS, chart, growth, sheet


def figures(gathering: Gathering, *lines: ChartLine, now: float = 0.0) -> dict[str, float | None]:
    second = Second(gathering.taken(now))
    return {line.label: line.values[0] for line in drawn(chart("c", *lines), second)}


def line(metric: str, figure: Figure, **options: float) -> ChartLine:
    return ChartLine(label=figure, metric=metric, figure=figure, **options)


def test_what_several_processes_did_is_added_up() -> None:
    gathering = Gathering()
    gathering.hear(growth("one", counted={"a": 2, "b": 1}, level=3, values=[0.1] * 9), 0.0)
    gathering.hear(growth("two", counted={"a": 4}, level=5, values=[2.0]), 0.0)
    found = figures(
        gathering,
        ChartLine(label="", metric=COUNTED.name, figure=Figure.RATE, by="kind"),
        line(LEVEL.name, Figure.LEVEL),
        line(SECONDS.name, Figure.RATE),
        line(SECONDS.name, Figure.P50),
        line(SECONDS.name, Figure.P99),
        line(SECONDS.name, Figure.BELOW, bound=1.0),
    )
    assert found == {"a": 6, "b": 1, "level": 8, "rate": 10, "p50": pytest.approx(0.105), "p99": 2.0, "below": 0.9}


def test_two_words_in_a_turn_are_averaged_and_none_repeats_the_last() -> None:
    gathering = Gathering()
    for number in (4, 8):
        gathering.hear(growth(counted={"a": number}, level=number), 0.0)
    level = line(LEVEL.name, Figure.LEVEL)
    rate = ChartLine(label="", metric=COUNTED.name, figure=Figure.RATE, by="kind")
    for _ in range(2):
        assert figures(gathering, rate, level) == {"a": 6, "level": 6}
    gathering.hear(growth(counted={"a": 1}, level=1, seconds=2.0), 0.0)
    assert figures(gathering, rate, level) == {"a": 0.5, "level": 1}


def test_a_process_that_is_gone_is_left_out() -> None:
    gathering = Gathering()
    gathering.hear(growth(counted={"a": 1}), 0.0)
    assert figures(gathering, now=SILENT_SECONDS) == {"a": 1}
    assert figures(gathering, now=SILENT_SECONDS + 0.1) == {}


def test_processes_and_what_waits_of_them_are_bounded() -> None:
    gathering = Gathering()
    for number in range(2 * PENDING_MAX):
        assert gathering.hear(growth(counted={"a": number}), 0.0)
    assert figures(gathering) == {"a": pytest.approx(4)}
    heard = [gathering.hear(growth(f"w{number}"), 0.0) for number in range(PROCESSES_MAX)]
    assert heard.count(False) == 1


def test_only_what_a_process_sent_is_taken() -> None:
    sent = encoded(sheet(counted={"a": 1}), 1.5)
    assert (decoded(sent).worker, decoded(sent).seconds) == ("w", 1.5)
    for wrong in (None, {}, {**sent, "seconds": 0}, {**sent, "sheet": "no base64!"}, {**sent, "sheet": "AAAA"}):
        with pytest.raises(GrowthError):
            decoded(wrong)


def test_a_second_of_too_many_series_is_not_sent() -> None:
    many = sheet(counted={f"{number:05}" * 10: number for number in range(1, 900)})
    many.lines *= 1 + GROWTH_MAX_BYTES // len(many.packed())
    with pytest.raises(GrowthError):
        encoded(many, 1.0)
