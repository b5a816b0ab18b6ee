"""Which traces are chosen at their begin."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags

from apps.monitoring.policy.traces import TracesPolicy
from apps.monitoring.tracing.sampling import Sampler
from apps.tuning.exceptions import PolicyError
from tests.monitoring.tracing.conftest import Process

NUMBER = 20_000
Turn = Callable[..., None]


def share(sampler: Sampler, path: str = "/") -> float:
    ids = (f"{random.getrandbits(128):032x}" for _ in range(NUMBER))
    return sum(sampler.chooses(one, path) for one in ids) / NUMBER * 100


@pytest.mark.parametrize("percent", [0.0, 1.0, 10.0, 50.0, 100.0])
def test_the_share_is_what_the_policy_says_within_statistics(turn: Turn, percent: float) -> None:
    turn(sample_percent=percent)
    spread = 5 * (percent * (100 - percent) / NUMBER) ** 0.5
    assert abs(share(Sampler()) - percent) <= spread


def test_ids_in_a_row_are_chosen_as_evenly_as_any(turn: Turn) -> None:
    turn(sample_percent=10)
    sampler, first = Sampler(), random.getrandbits(100)
    chosen = sum(sampler.chooses(f"{first + number:032x}") for number in range(NUMBER))
    assert abs(chosen / NUMBER - 0.1) < 5 * (0.09 / NUMBER) ** 0.5


def test_a_route_has_a_share_of_its_own_and_the_first_that_fits_counts(turn: Turn) -> None:
    turn(sample_percent=0, routes="/api/search=0 /api/=100")
    sampler = Sampler()
    assert [share(sampler, path) for path in ("/api/conversations", "/api/search", "/c/1/")] == [100, 0, 0]


def test_a_change_of_the_policy_holds_for_the_next_trace(turn: Turn) -> None:
    turn(sample_percent=0)
    sampler = Sampler()
    before = sampler.chooses("0a" * 16)
    turn(sample_percent=100)
    assert (before, sampler.chooses("0a" * 16)) == (False, True)


def test_all_processes_choose_alike_and_another_secret_otherwise(turn: Turn, settings: Any) -> None:
    turn(sample_percent=50)
    ids = [f"{random.getrandbits(128):032x}" for _ in range(200)]
    one, other = Sampler(), Sampler()
    settings.SECRET_KEY = "another secret of this site"
    stranger = Sampler()
    assert [one.chooses(each) for each in ids] == [other.chooses(each) for each in ids]
    assert [one.chooses(each) for each in ids] != [stranger.chooses(each) for each in ids]


@pytest.mark.parametrize("routes", ["api/=10", "/api/", "/api/=ten", "/api/=101", "/api/=-1", "/api/=nan"])
def test_shares_that_cannot_be_read_are_refused_and_name_the_field(routes: str) -> None:
    with pytest.raises(PolicyError) as refused:
        TracesPolicy(routes=routes)
    assert refused.value.field == "routes"


@pytest.mark.parametrize(
    ("token", "sent", "is_kept"), [("t" * 20, "t" * 20, True), ("t" * 20, "x", False), ("", "", False)]
)
def test_the_flag_of_a_caller_is_believed_with_the_token_only(
    turn: Turn, settings: Any, token: str, sent: str, is_kept: bool
) -> None:
    turn(sample_percent=0)
    settings.METRICS_TOKEN = token
    process = Process()
    traceparent = f"00-{'ab' * 16}-{'cd' * 8}-01"
    process.end(process.begin(traceparent=traceparent, authorization=f"Bearer {sent}"))
    assert [one.trace.id for one in process.kept] == ["ab" * 16] * is_kept


def test_a_caller_whose_flag_is_not_believed_still_gives_the_trace_its_name(turn: Turn) -> None:
    turn(sample_percent=0)
    visit = Process().begin(traceparent=f"00-{'ab' * 16}-{'cd' * 8}-01")
    assert (visit.trace.id, visit.trace.parent_id, visit.trace.is_chosen) == ("ab" * 16, int("cd" * 8, 16), False)


def test_a_message_is_chosen_as_the_page_it_is_linked_to(turn: Turn, process: Process) -> None:
    turn(sample_percent=50)
    chosen = []
    pages = [random.getrandbits(128) for _ in range(50)]
    for page in pages:
        link = Link(SpanContext(page, 1, is_remote=True, trace_flags=TraceFlags(0)))
        span: Any = process.tracer.start_span("socket message", kind=SpanKind.CONSUMER, links=[link])
        chosen.append(span.trace.is_chosen)
        span.end()
    assert chosen == [process.sampler.chooses(f"{page:032x}") for page in pages]
    assert {True, False} == set(chosen)
