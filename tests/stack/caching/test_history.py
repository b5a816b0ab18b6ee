"""The checker itself: what it calls a violation, and what not."""

import pytest

from tests.stack.caching.history import History, Read, Window, Write, bus_delay, oldest, violations

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
