"""Several processes as one: sums are exact, gauges come together as their metric says."""

from hypothesis import given, settings
from hypothesis import strategies as some

from apps.monitoring.measuring.board import OTHER, Board
from apps.monitoring.measuring.histogram import Histogram
from apps.monitoring.measuring.metric import Metric
from apps.monitoring.measuring.sheet import Line, Sheet
from apps.monitoring.prometheus.total import Total
from tests.monitoring.prometheus.sheets import COUNTED, HELD, LASTED, OLDEST, OWN, WAITING, counting, sheet

SECONDS = some.floats(min_value=0, max_value=100, allow_nan=False)


def numbers(total: Total, metric: Metric) -> dict[tuple[str, ...], float]:
    return {labels: line.value for labels, line in total.families.get(metric, {}).items()}


def test_counters_are_added() -> None:
    total = Total()
    total.add(sheet("web:1", counting(3)))
    total.add(sheet("web:2", counting(4)))
    total.add(sheet("web:2", counting(1, kind="b")))
    assert numbers(total, COUNTED) == {("a",): 7, ("b",): 1}


@given(parts=some.lists(some.lists(SECONDS, max_size=20), min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_distributions_of_several_processes_are_those_of_one_that_saw_all(parts: list[list[float]]) -> None:
    total, whole = Total(), Histogram()
    for number, values in enumerate(parts):
        board = Board()
        board.histogram(LASTED, ("a",))
        for value in values:
            board.observe(LASTED, ("a",), value)
            whole.observe(value)
        total.add(board.sheet(worker=f"web:{number}", started=0, at=0))
    line = total.families[LASTED]["a",]
    assert line.counts == whole.counts
    assert line.maximum == whole.maximum
    assert abs(line.value - whole.total) <= 1e-9 * max(1.0, whole.total)


def test_gauges_are_added_compared_or_kept_apart_as_their_metric_says() -> None:
    def fill(board: Board) -> None:
        board.put(WAITING, (), 2)
        board.put(OLDEST, (), 5 if board is boards[0] else 3)
        board.put(HELD, ("a",), 10)

    boards = [Board(), Board()]
    total = Total()
    for number, board in enumerate(boards):
        fill(board)
        total.add(board.sheet(worker=f"web:{number}", started=0, at=0))
    assert numbers(total, WAITING) == {(): 4}
    assert numbers(total, OLDEST) == {(): 5}
    assert numbers(total, HELD) == {("a", "web:0"): 10, ("a", "web:1"): 10}


def test_of_a_process_that_has_ended_the_counters_stay_and_the_gauges_go() -> None:
    def fill(board: Board) -> None:
        board.put(WAITING, (), 2)
        board.add(COUNTED, ("a",), 2)

    total = Total()
    total.add(sheet("web:1", fill), is_running=False)
    assert set(total.families) == {COUNTED}


def test_the_later_example_stays() -> None:
    def fill(board: Board, trace: str, at: float) -> None:
        board.observe(LASTED, ("a",), 0.2)
        board.exemplify(LASTED, ("a",), trace, 0.2, at)

    total = Total()
    for trace, at in (("first", 1.0), ("last", 9.0), ("second", 5.0)):
        total.add(sheet("web:1", lambda board, trace=trace, at=at: fill(board, trace, at)))  # type: ignore[misc]
    assert total.families[LASTED]["a",].exemplar == ("last", 0.2, 9.0)


def test_what_is_not_for_prometheus_or_of_another_version_is_left_out() -> None:
    lines = [
        Line(metric="test_of_another_version_total", labels=(), value=1),
        Line(metric=OWN.name, labels=(), value=1),
        Line(metric=COUNTED.name, labels=("a", "one label more"), value=1),
        Line(metric=COUNTED.name, labels=("a",), value=1, counts={1: 1}),
        Line(metric=LASTED.name, labels=("a",), value=1),
    ]
    total = Total()
    total.add(Sheet(worker="web:1", started=0, at=0, lines=lines))
    assert total.families == {}


def test_the_number_of_series_is_bounded() -> None:
    total = Total(series_limit=2)
    for kind in "abcd":
        total.add(sheet("web:1", counting(1, kind=kind)))
    assert numbers(total, COUNTED) == {("a",): 1, ("b",): 1, (OTHER,): 2}


def test_the_sheets_that_are_added_stay_as_they_are() -> None:
    def fill(board: Board) -> None:
        board.observe(LASTED, ("a",), 0.2)

    first, total = sheet("web:1", fill), Total()
    total.add(first)
    total.add(sheet("web:2", fill))
    assert first == sheet("web:1", fill)
    assert sum((total.families[LASTED]["a",].counts or {}).values()) == 2
