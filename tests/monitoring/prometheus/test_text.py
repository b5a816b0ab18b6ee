"""Both formats, as others read them."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_plain

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import Merge, metrics
from apps.monitoring.prometheus.text import opened, plain
from apps.monitoring.prometheus.total import Total
from apps.monitoring.recorders import Recorders
from tests.monitoring.prometheus.sheets import COUNTED, HELD, LASTED, WAITING, sheet
from tests.servers.prometheus import promtool

FORMATS = [pytest.param(plain, read_plain, id="plain"), pytest.param(opened, read_open, id="open")]
TRACE = "0af7651916cd43dd8448eb211c80319c"


def total_of(fill: Callable[[Board], object]) -> Total:
    total = Total()
    total.add(sheet("web:h:1", fill))
    return total


def lasted(board: Board) -> None:
    for seconds in (0.05, 0.1, 0.2, 7.0):
        board.observe(LASTED, ("a",), seconds)


def test_plain_text_is_as_prometheus_documents_it() -> None:
    def fill(board: Board) -> None:
        lasted(board)
        board.add(COUNTED, ("a",), 3)
        board.put(HELD, ("b",), 1.5)

    assert plain(total_of(fill)) == (
        "# HELP test_counted_total Counted.\n"
        "# TYPE test_counted_total counter\n"
        'test_counted_total{kind="a"} 3.0\n'
        "# HELP test_held_bytes Each on its own.\n"
        "# TYPE test_held_bytes gauge\n"
        'test_held_bytes{kind="b",process="web:h:1"} 1.5\n'
        "# HELP test_lasted_seconds Lasted.\n"
        "# TYPE test_lasted_seconds histogram\n"
        'test_lasted_seconds_bucket{kind="a",le="0.1"} 1\n'
        'test_lasted_seconds_bucket{kind="a",le="0.25"} 3\n'
        'test_lasted_seconds_bucket{kind="a",le="1.0"} 3\n'
        'test_lasted_seconds_bucket{kind="a",le="+Inf"} 4\n'
        'test_lasted_seconds_sum{kind="a"} 7.35\n'
        'test_lasted_seconds_count{kind="a"} 4\n'
    )


def test_openmetrics_names_units_and_examples_and_ends() -> None:
    def fill(board: Board) -> None:
        lasted(board)
        board.exemplify(LASTED, ("a",), TRACE, 0.2, 1700000000.25)
        board.add(COUNTED, ("a",), 3)

    assert opened(total_of(fill)) == (
        "# TYPE test_counted counter\n"
        "# HELP test_counted Counted.\n"
        'test_counted_total{kind="a"} 3.0\n'
        "# TYPE test_lasted_seconds histogram\n"
        "# UNIT test_lasted_seconds seconds\n"
        "# HELP test_lasted_seconds Lasted.\n"
        'test_lasted_seconds_bucket{kind="a",le="0.1"} 1\n'
        f'test_lasted_seconds_bucket{{kind="a",le="0.25"}} 3 # {{trace_id="{TRACE}"}} 0.2 1700000000.250\n'
        'test_lasted_seconds_bucket{kind="a",le="1.0"} 3\n'
        'test_lasted_seconds_bucket{kind="a",le="+Inf"} 4\n'
        'test_lasted_seconds_sum{kind="a"} 7.35\n'
        'test_lasted_seconds_count{kind="a"} 4\n'
        "# EOF\n"
    )


@pytest.mark.parametrize(("write", "read"), FORMATS)
@given(label=some.text(max_size=20), value=some.floats())
@settings(max_examples=100, deadline=None)
def test_any_label_and_any_number_come_through(
    write: Callable[[Total], str], read: Callable[[str], object], label: str, value: float
) -> None:
    def fill(board: Board) -> None:
        board.put(HELD, (label,), value)
        board.put(WAITING, (), value)

    families = {family.name: family for family in read(write(total_of(fill)))}  # type: ignore[attr-defined]
    [sample] = families[HELD.name].samples
    assert sample.labels == {"kind": label, "process": "web:h:1"}
    assert sample.value == value or math.isnan(sample.value) is math.isnan(value) is True


@pytest.mark.parametrize(("write", "read"), FORMATS)
def test_every_metric_there_is_can_be_read_by_others(
    write: Callable[[Total], str], read: Callable[[str], object]
) -> None:
    families = {family.name for family in read(write(total_of(fill_all)))}  # type: ignore[attr-defined]
    assert {metric.name for metric in metrics() if metric.is_exported} == {
        name for family in families for name in (family, f"{family}_total") if name in known()
    }


def test_promtool_finds_nothing_wrong_with_any_metric_there_is() -> None:
    total = total_of(fill_all)
    own = [metric for metric in total.families if metric.name.startswith(("test_", "benchmark_"))]
    for metric in own:
        del total.families[metric]
    checked = promtool("check", "metrics", text=plain(total))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert len(total.families) > 50


def known() -> set[str]:
    return {metric.name for metric in metrics()}


def fill_all(board: Board) -> None:
    """One series of every metric."""
    assert Recorders().all, "what they declare is known"
    for metric in metrics():
        labels = ("x",) * len(metric.labels)
        if metric.kind == "histogram":
            board.observe(metric, labels, 0.2)
        else:
            board.put(metric, labels, 1)


def test_a_metric_kept_apart_has_no_label_of_its_own_for_it() -> None:
    assert not [metric.name for metric in metrics() if metric.merge is Merge.EACH and "process" in metric.labels]
    assert not [metric.name for metric in metrics() if "le" in metric.labels]


def test_a_process_that_counted_nothing_has_a_text_that_can_be_read() -> None:
    assert plain(Total()) == ""
    assert opened(Total()) == "# EOF\n"
