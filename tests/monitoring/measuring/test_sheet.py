"""Sheets: the growth between two copies of a process's series."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import counter, distribution, gauge
from apps.monitoring.measuring.sheet import Line, Sheet

COUNTED = counter("test_sheet_total", "Counted.", "kind")
LEVEL = gauge("test_sheet_level", "A level.")
SIZES = distribution("test_sheet_seconds", "Sizes.", "kind")
kinds = st.sampled_from(["a", "b", "c"])
counts = st.lists(st.tuples(kinds, st.integers(1, 5)), max_size=20)
sizes = st.lists(st.tuples(kinds, st.floats(0.001, 100)), max_size=20)


def copied(board: Board, at: float) -> Sheet:
    return board.sheet(worker="web:here:1", started=0.0, at=at)


def lines(sheet: Sheet) -> dict[tuple[str, tuple[str, ...]], Line]:
    return {line.key: line for line in sheet.lines}


def fill(board: Board, counted: list[tuple[str, int]], sized: list[tuple[str, float]]) -> None:
    for kind, number in counted:
        board.add(COUNTED, (kind,), number)
    for kind, size in sized:
        board.observe(SIZES, (kind,), size)


@given(counts, sizes, counts, sizes)
@settings(max_examples=100, deadline=None)
def test_the_growth_is_what_happened_between_two_copies(
    first: list[tuple[str, int]],
    first_sizes: list[tuple[str, float]],
    then: list[tuple[str, int]],
    then_sizes: list[tuple[str, float]],
) -> None:
    board, alone = Board(), Board()
    fill(board, first, first_sizes)
    before = copied(board, 1.0)
    fill(board, then, then_sizes)
    fill(alone, then, then_sizes)
    grown, expected = lines(copied(board, 2.0).since(before)), lines(copied(alone, 2.0))
    assert grown.keys() == expected.keys()
    for key, line in expected.items():
        assert grown[key].counts == line.counts
        assert grown[key].value == pytest.approx(line.value)


def test_gauges_are_as_they_are_now_even_at_zero() -> None:
    board = Board()
    board.put(LEVEL, (), 5)
    before = copied(board, 1.0)
    board.put(LEVEL, (), 0)
    assert [line.value for line in copied(board, 2.0).since(before).lines] == [0]


def test_a_metric_that_this_version_does_not_know_is_taken_whole() -> None:
    unknown = [Line(metric="gone_total", labels=("x",), value=3.0), Line(metric="silent_total", labels=(), value=0.0)]
    sheet = Sheet(worker="w", started=0.0, at=2.0, lines=unknown)
    assert [line.metric for line in sheet.since(sheet).lines] == ["gone_total"]


def test_a_sheet_travels_as_bytes() -> None:
    board = Board()
    fill(board, [("a", 2)], [("b", 0.25)])
    board.exemplify(SIZES, ("b",), "f" * 32, 0.25, 1.5)
    sent = copied(board, 2.0)
    assert Sheet.unpacked(sent.packed()) == sent
    with pytest.raises(msgspec.DecodeError):
        Sheet.unpacked(b"\xc1")
