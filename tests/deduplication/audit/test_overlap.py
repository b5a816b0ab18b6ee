"""The judge: which overlaps are duplicates, which were declared, which are none."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.deduplication.audit.overlap import SKEW_NS, Span, verdict

SECOND = 1_000_000_000
MOMENT = st.integers(0, 20).map(lambda number: number * SECOND // 4)


def span(start: float, end: float, process: str = "p", **fields: object) -> Span:
    values = {"clock": "boot", "offset_ns": 0, **fields}
    return Span(process=process, started_ns=int(start * SECOND), ended_ns=int(end * SECOND), **values)  # type: ignore[arg-type]


def judged(one: Span, other: Span, *marks: Span) -> str:
    both = {verdict(one, other, ended_on_purpose=marks), verdict(other, one, ended_on_purpose=marks)}
    assert len(both) == 1
    return both.pop()


def test_executions_one_after_the_other_are_fine() -> None:
    assert judged(span(0, 1), span(1, 2, "q")) == ""


def test_on_one_machine_a_nanosecond_of_overlap_is_a_duplicate() -> None:
    first = span(0, 1)
    second = replace(span(1, 2, "q"), started_ns=first.ended_ns - 1)
    assert judged(first, second) == "duplicate"


def test_within_one_process_nothing_but_a_lead_given_up_declares_an_overlap() -> None:
    assert judged(span(0, 3, is_alone=True), span(1, 2, is_alone=True)) == "duplicate"
    assert judged(span(0, 3, let_go_ns=SECOND // 2), span(1, 2)) == "declared"


@pytest.mark.parametrize("alone", ["first", "second"])
def test_between_processes_a_lost_guarantee_declares_it(alone: str) -> None:
    first, second = span(0, 3, is_alone=alone == "first"), span(1, 2, "q", is_alone=alone == "second")
    assert judged(first, second) == "declared"


def test_a_lead_given_up_too_late_declares_nothing() -> None:
    assert judged(span(0, 3, let_go_ns=2 * SECOND), span(1, 2, "q")) == "duplicate"


def test_a_round_ended_on_purpose_declares_what_follows_it_and_nothing_before() -> None:
    first, second = span(0, 3), span(1, 2, "q")
    assert judged(first, second, span(0.5, 0.6, "r")) == "declared"
    assert judged(first, second, span(1.5, 1.6, "r")) == "duplicate"
    assert judged(span(0.7, 3), second, span(0.5, 0.6, "r")) == "duplicate"


def test_between_machines_an_overlap_must_be_longer_than_their_clocks_may_differ() -> None:
    first = span(0, 2)
    far = span(101.7, 104, "q", clock="other", offset_ns=-100 * SECOND)
    assert judged(first, far) == ""
    assert judged(first, replace(far, started_ns=101 * SECOND)) == "duplicate"
    assert SKEW_NS == SECOND // 2


@given(MOMENT, MOMENT, MOMENT, MOMENT)
def test_the_verdict_is_that_of_interval_arithmetic(a: int, b: int, c: int, d: int) -> None:
    one, other = span(0, 0), span(0, 0, "q")
    one = replace(one, started_ns=min(a, b), ended_ns=max(a, b))
    other = replace(other, started_ns=min(c, d), ended_ns=max(c, d))
    overlap = min(one.ended_ns, other.ended_ns) - max(one.started_ns, other.started_ns)
    assert judged(one, other) == ("duplicate" if overlap > 0 else "")
