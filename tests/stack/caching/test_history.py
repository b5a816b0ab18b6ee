"""The checker itself: what it calls a violation, and what not."""

from pathlib import Path

import pytest

from tests.stack.caching.history import History, Read, Window, Write, bus_delay, history_of, oldest, violations

COMMITTED = Write(process="a", row=1, version=2, start=9.9, end=10.0)
BROKEN = [Window(fault="flush", start=9.0, end=10.5)]


def read(*, start: float, process: str = "b", version: int = 1, row: int = 1) -> Read:
    return Read(process=process, row=row, version=version, start=start, end=start + 0.01)


@pytest.mark.parametrize(
    ("one", "windows", "rule"),
    [
        (read(start=10.001, process="a"), [], "own"),
        (read(start=10.001, process="a"), BROKEN, "own"),
        (read(start=10.2), [], "others"),
        (read(start=15.1), BROKEN, "others"),
        (read(start=11.0), [Window(fault="flush", start=3.0, end=9.0)], "others"),
        (read(start=9.0, version=2), [], "uncommitted"),
    ],
)
def test_a_read_that_is_older_than_it_may_be_is_found(one: Read, windows: list[Window], rule: str) -> None:
    found = violations(History(reads=[one], writes=[COMMITTED]), windows, delay_seconds=0.05)
    assert [violation.rule for violation in found] == [rule]


def test_what_a_writer_took_to_tell_of_its_commit_is_no_age() -> None:
    late = Write(process="a", row=1, version=2, start=9.9, end=10.2)
    seen = read(start=9.99, process="c", version=2)
    found = violations(History(reads=[seen, read(start=10.3), read(start=10.4)], writes=[late]), [], delay_seconds=0.05)
    assert [violation.read.start for violation in found] == [10.4]


def test_a_loss_of_redis_that_nobody_planned_is_a_fault_as_well(tmp_path: Path) -> None:
    (tmp_path / "1-0.log").write_text("W 1 2 9.9 10.0\nL 9.8 10.1\nL 9.8 10.2\n")
    (tmp_path / "2-0.log").write_text("R 1 1 11.0 11.1 L1\n")
    history = history_of(tmp_path)
    assert violations(history, history.losses, delay_seconds=0.05) == []
    assert [violation.rule for violation in violations(history, [], delay_seconds=0.05)] == ["others"]


@pytest.mark.parametrize(
    ("one", "windows"),
    [
        (read(start=9.95, process="a"), []),
        (read(start=10.001, process="a", version=2), []),
        (read(start=10.1), []),
        (read(start=14.9), BROKEN),
        (read(start=20.0, row=2), []),
    ],
)
def test_a_read_within_the_bounds_is_none(one: Read, windows: list[Window]) -> None:
    assert violations(History(reads=[one], writes=[COMMITTED]), windows, delay_seconds=0.05) == []


def test_a_commit_that_nobody_could_note_is_proven_by_who_saw_it() -> None:
    seen = History(reads=[read(start=10.0, version=7, process="c"), read(start=11.0, version=6)], writes=[])
    assert [one.read.version for one in violations(seen, [], delay_seconds=0.05)] == [6]
    assert oldest(seen) == pytest.approx(0.99)
    assert bus_delay(seen, []) == 0
