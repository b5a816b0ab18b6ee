"""OpenTelemetry's API over our spans."""

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

import pytest
from django.http import Http404
from opentelemetry.context import Context
from opentelemetry.propagate import extract, inject
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, SpanKind, StatusCode, get_current_span, use_span

from apps.monitoring.tracing import trace as traces
from apps.monitoring.tracing.keeping import Kept
from apps.monitoring.tracing.segment import row_of, spans_of
from apps.monitoring.tracing.span import DETAILS_MOST, EVENTS_MOST
from apps.monitoring.tracing.spans import query
from apps.monitoring.tracing.trace import SPANS_MOST, TRACES_MOST, Late, Trace
from tests.monitoring.tracing.conftest import Process

Turn = Callable[..., None]


def only(kept: list[Kept]) -> Kept:
    assert len(kept) == 1
    return kept[0]


def names(kept: Kept) -> list[str]:
    return [span.name for span in kept.trace.spans or ()]


def test_spans_of_a_request_are_below_it_and_each_other(process: Process) -> None:
    visit = process.begin()
    with process.tracer.start_as_current_span("outer", attributes={"cache.namespace": "n"}):
        query("SELECT 1 FROM chat_user WHERE id = %s", 0.001, system="sqlite")
    process.end(visit)
    spans = {span.name: span for span in spans_of(only(process.kept))}
    root = spans["GET api/conversations"]
    assert (spans["SELECT"].parent_id, spans["outer"].parent_id) == (spans["outer"].span_id, root.span_id)
    assert spans["outer"].details == {"cache.namespace": "n", "perfsite.request_id": visit.request_id}
    assert {span.details["perfsite.request_id"] for span in spans.values()} == {visit.request_id}
    assert spans["SELECT"].details["db.query.text"] == "SELECT 1 FROM chat_user WHERE id = %s"


def test_a_span_outside_of_any_trace_is_none(process: Process) -> None:
    with process.tracer.start_as_current_span("alone") as span:
        assert get_current_span() is INVALID_SPAN
    query("SELECT 1", 0.1, system="sqlite")
    assert span is INVALID_SPAN
    assert process.kept == []


def test_an_entry_begins_a_segment_that_ends_with_it(process: Process) -> None:
    with process.tracer.start_as_current_span("run/a.task", kind=SpanKind.CONSUMER):
        process.tracer.start_span("inside").end()
    kept = only(process.kept)
    assert (kept.kind, kept.why, names(kept), kept.trace.parent_id) == ("task", "sampled", ["inside"], 0)


def test_a_reply_goes_on_with_the_request_that_asked_for_it_after_its_end(process: Process) -> None:
    visit = process.begin()
    context = contextvars.copy_context()
    process.end(visit)
    details = {"perfsite.segment": "reply"}
    span = context.run(process.tracer.start_span, "assistant reply", kind=SpanKind.CONSUMER, attributes=details)
    with use_span(span, end_on_exit=True):
        process.tracer.start_span("assistant", kind=SpanKind.CLIENT).end()
    request, reply = process.kept
    assert (reply.kind, reply.trace.id, reply.trace.parent_id) == ("reply", request.trace.id, request.trace.root_id)
    assert reply.trace.request_id == visit.request_id
    assert (names(request), names(reply)) == ([], ["assistant"])


def test_the_name_of_a_trace_goes_from_process_to_process_by_headers(process: Process) -> None:
    visit, carrier = process.begin(), dict[str, str]()
    with process.tracer.start_as_current_span("publish", kind=SpanKind.PRODUCER) as span:
        inject(carrier)
    process.end(visit)
    with process.tracer.start_as_current_span("run", context=extract(carrier), kind=SpanKind.CONSUMER):
        pass
    _, task = process.kept
    assert (task.trace.id, task.trace.parent_id) == (visit.trace.id, span.get_span_context().span_id)


def test_what_begins_in_time_and_ends_too_late_is_dropped_and_counted(process: Process) -> None:
    visit, before = process.begin(), Late.spans
    late = process.tracer.start_span("late")
    process.end(visit)
    late.end()
    query("SELECT 1", 0.0, system="sqlite")  # of work that goes on in the request's context, and is not its own
    assert Late.spans == before + 1
    assert names(only(process.kept)) == []


def test_a_span_after_the_end_still_passes_on_whose_child_it_would_be(process: Process) -> None:
    visit = process.begin()
    process.end(visit)
    span = process.tracer.start_span("publish", kind=SpanKind.PRODUCER)
    assert isinstance(span, NonRecordingSpan)
    assert f"{span.get_span_context().trace_id:032x}" == visit.trace.id


def test_a_trace_holds_so_many_spans_and_counts_the_rest(process: Process) -> None:
    visit, before = process.begin(), Late.spans
    for _ in range(SPANS_MOST + 5):
        process.tracer.start_span("one").end()
    process.end(visit)
    kept = only(process.kept)
    assert (len(names(kept)), kept.trace.dropped, Late.spans - before) == (SPANS_MOST, 5, 5)


def test_so_many_traces_hold_spans_at_a_time(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "TRACES_MOST", 3)
    made = [Trace(f"{number:032x}", 0, is_chosen=True) for number in range(1, 6)]
    already = len(traces._holding)
    for trace in made:
        traces.Trace.add(trace, process.tracer.start_span("x"))  # type: ignore[arg-type]
    assert sum(trace.dropped for trace in made) >= 2 + already
    for trace in made:
        trace.close(1)
    assert len(traces._holding) == already
    assert TRACES_MOST * SPANS_MOST <= 16_000


def test_a_span_holds_so_many_details_and_events(process: Process) -> None:
    visit = process.begin()
    span: Any = process.tracer.start_span("full")
    span.set_attributes({f"cache.{number}": "x" * 1_000 for number in range(DETAILS_MOST + 5)})
    for _ in range(EVENTS_MOST + 5):
        span.add_event("more")
    span.end()
    span.end()
    process.end(visit)
    assert (len(span.details), len(span.events), len(span.details["cache.0"])) == (DETAILS_MOST, EVENTS_MOST, 300)
    assert names(only(process.kept)) == ["full"]


def test_an_error_is_noted_by_its_kind_and_place_and_not_by_its_words(process: Process) -> None:
    visit = process.begin()
    with pytest.raises(ValueError, match="secret"), process.tracer.start_as_current_span("fails"):
        raise ValueError("a secret")
    process.end(visit)
    span = spans_of(only(process.kept))[1]
    ((_, name, details),) = span.events
    assert (span.is_error, name, details["exception.type"]) == (True, "exception", "ValueError")
    assert "test_tracer.py" in str(details["exception.where"])
    assert "secret" not in str(span)


def test_a_cancelled_block_ends_its_span_without_an_error(process: Process) -> None:
    async def work() -> None:
        with process.tracer.start_as_current_span("waits"):
            await asyncio.sleep(60)

    async def cancelled() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    visit = process.begin()
    asyncio.run(cancelled())
    process.end(visit)
    span = spans_of(only(process.kept))[1]
    assert (span.name, span.is_error) == ("waits", False)


def test_a_status_set_by_hand_counts(process: Process, turn: Turn) -> None:
    turn(sample_percent=0)
    span = process.tracer.start_span("run", kind=SpanKind.CONSUMER)
    span.set_status(StatusCode.ERROR, "words")
    span.update_name("run/other")
    span.end()
    kept = only(process.kept)
    assert (kept.why, kept.is_error, spans_of(kept)[0].name) == ("failed", True, "run/other")


@pytest.mark.parametrize(
    ("status", "seconds", "error", "why"),
    [
        (200, 0.01, None, ""),
        (404, 0.01, None, ""),
        (200, 1.0, None, "slow"),
        (503, 0.01, None, "failed"),
        (500, 0.01, ValueError("x"), "failed"),
        (404, 0.01, Http404("x"), ""),
        (499, 2.0, None, "slow"),
    ],
)
def test_the_slow_and_the_failed_are_kept_whatever_chance_says(
    process: Process, turn: Turn, status: int, seconds: float, error: Exception | None, why: str
) -> None:
    turn(sample_percent=0)
    visit = process.begin()
    process.end(visit, status=status, seconds=seconds, error=error)
    assert [one.why for one in process.kept] == ([why] if why else [])
    assert visit.is_kept == bool(why)


def test_what_is_ignored_is_never_kept(process: Process, turn: Turn) -> None:
    turn(sample_percent=100, ignore="/static/ /livez")
    for path in ("/static/x.js", "/livez"):
        process.end(process.begin(path), status=500)
    assert process.kept == []


def test_so_many_are_kept_in_a_second_and_the_rest_counted(process: Process, turn: Turn) -> None:
    turn(sample_percent=100, kept_per_second=5)
    for _ in range(50):
        process.end(process.begin())
    assert 2 <= len(process.kept) <= 4, "by chance half of them at most, in one second or in two"
    assert process.keeping.dropped() - Late.spans >= 46


def test_who_sends_a_chosen_id_again_and_again_takes_no_place_of_what_fails(process: Process, turn: Turn) -> None:
    turn(sample_percent=100, kept_per_second=6)
    for _ in range(50):
        process.end(process.begin())
    process.end(process.begin(), status=500)
    assert process.kept[-1].why == "failed"


def test_nothing_is_traced_while_it_is_off(process: Process, turn: Turn) -> None:
    turn(is_enabled=False)
    visit = process.begin()
    process.end(visit, status=500)
    span = process.tracer.start_span("run", kind=SpanKind.CONSUMER)
    assert (visit.trace, isinstance(span, NonRecordingSpan), process.kept) == (None, True, [])


def test_a_request_id_fit_for_it_is_the_traces_name(process: Process) -> None:
    assert process.begin().trace.id == "0f" * 16
    odd = process.begin(x_request_id="somebodys-own")
    assert odd.trace.id == "0f" * 16  # the visit's, which has the form
    odd.request_id = "somebodys-own"
    process.requests.begin(odd, {b"x-request-id": b"somebodys-own"})
    assert len(odd.trace.id) == 32
    assert odd.trace.id != "somebodys-own"


def test_a_row_tells_what_the_request_was(process: Process) -> None:
    visit = process.begin()
    visit.user_id, visit.level = 7, "L2"
    process.end(visit, status=200, seconds=0.25)
    row = row_of(only(process.kept), "web:host:1")
    assert (row.trace_id, row.name, row.route, row.status) == (
        "0f" * 16,
        "GET api/conversations",
        "api/conversations",
        200,
    )
    assert (row.account, row.process, row.seconds, row.kind) == (7, "web:host:1", 0.25, "request")


def test_a_frame_may_name_a_fresh_context(process: Process) -> None:
    process.begin()
    span: Any = process.tracer.start_span("socket read", context=Context(), kind=SpanKind.CONSUMER)
    span.end()
    assert only(process.kept).trace.id != "0f" * 16
