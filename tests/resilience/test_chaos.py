"""Faults on purpose: only where allowed, for whom they are meant, until they end."""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from apps.resilience.chaos import Chaos, ChaosError, Fault, Faults, acting_for
from apps.resilience.deadline import Deadline
from apps.resilience.exceptions import AttemptTimeoutError, TruncatedError
from apps.resilience.pipeline import Pipeline, declare_dependency, pipeline
from apps.resilience.pipeline.registry import withdraw_dependency
from apps.tuning.exceptions import PolicyError
from tests.resilience.virtual import Clock, fine
from tests.tuning.obeying import obeying

FOREVER = "2999-12-31 23:59"


@pytest.fixture
def lamp_post(settings: Any) -> Iterator[Pipeline]:
    settings.CHAOS_ENABLED = True
    declare_dependency("lamp_post", title="the lamp post", attempts=1)
    yield pipeline("lamp_post")
    withdraw_dependency("lamp_post")


def test_faults_are_refused_unless_the_site_allows_them(settings: Any) -> None:
    settings.CHAOS_ENABLED = False
    with pytest.raises(PolicyError, match="CHAOS_ENABLED is off"):
        replace(pipeline("assistant").handle.default, fault=Fault.ERROR, fault_until=FOREVER)
    settings.CHAOS_ENABLED = True
    with pytest.raises(PolicyError, match="never go on for ever"):
        replace(pipeline("assistant").handle.default, fault=Fault.ERROR)


def test_errors_count_against_the_dependency_and_are_said_loudly(
    lamp_post: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    with obeying(lamp_post.handle, fault=Fault.ERROR, fault_until=FOREVER), pytest.raises(ChaosError):
        lamp_post.call(fine)
    assert lamp_post.call(fine) == "fine"
    assert (lamp_post.breaker.view().failures, lamp_post.parts.chaos.done) == (1, 1)
    assert (
        "CHAOS lamp_post: error in 100% of calls for everybody until 2999-12-31 23:59 UTC, was no faults" in caplog.text
    )
    assert "CHAOS lamp_post: no faults, was error" in caplog.text


@pytest.mark.parametrize(
    ("values", "user", "is_hit"),
    [
        ({}, "", True),
        ({"user": "ann"}, "ann", True),
        ({"user": "ann"}, "bob", False),
        ({"user": "ann"}, "", False),
        ({"share": 0.5}, "", True),
        ({"share": 0.3}, "", False),
        ({"until": 999.0}, "", False),
        ({"fault": Fault.OFF}, "", False),
    ],
)
def test_only_the_calls_that_are_meant_are_hit(values: dict[str, Any], user: str, is_hit: bool) -> None:
    chaos = Chaos("test", clock=Clock(1000), chance=lambda: 0.4)
    chaos.change(Faults(**{"fault": Fault.ERROR, "until": 1001.0, **values}))
    with acting_for(user):
        assert (chaos.chosen() is Fault.ERROR) is is_hit


def test_a_hang_of_a_thread_ends_with_its_deadline(lamp_post: Pipeline) -> None:
    begin = time.monotonic()
    with obeying(lamp_post.handle, fault=Fault.HANG, fault_until=FOREVER), Deadline(0.05), pytest.raises(TimeoutError):
        lamp_post.call(fine)
    assert time.monotonic() - begin < 2
    assert lamp_post.breaker.view().failures == 1


def test_latency_is_added(lamp_post: Pipeline) -> None:
    with obeying(lamp_post.handle, fault=Fault.LATENCY, fault_seconds=0.05, fault_until=FOREVER, slow_seconds=0.04):
        assert lamp_post.call(fine) == "fine"
    assert lamp_post.breaker.view().slow == 1


async def test_coroutines_are_hit_alike(lamp_post: Pipeline) -> None:
    async def answer() -> str:
        return "fine"

    with obeying(lamp_post.handle, fault=Fault.ERROR, fault_until=FOREVER), pytest.raises(ChaosError):
        await lamp_post.call_async(answer)
    with obeying(lamp_post.handle, fault=Fault.LATENCY, fault_seconds=0.01, fault_until=FOREVER):
        assert await lamp_post.call_async(answer) == "fine"
    values = {"fault": Fault.HANG, "fault_until": FOREVER, "attempt_seconds": 0.02}
    with obeying(lamp_post.handle, **values), pytest.raises(AttemptTimeoutError):
        await lamp_post.call_async(answer)


async def test_streams_are_cut(lamp_post: Pipeline) -> None:
    async def counting() -> AsyncIterator[int]:
        for number in range(5):
            yield number

    seen: list[int] = []

    async def read() -> None:
        async for piece in lamp_post.stream(counting, is_complete=lambda last: last == 4):
            seen.append(piece)  # noqa: PERF401  (what came before the cut is kept)

    with obeying(lamp_post.handle, fault=Fault.TRUNCATE, fault_until=FOREVER):
        with pytest.raises(TruncatedError):
            await read()
        assert lamp_post.call(fine) == "fine", "a plain call has nothing to be cut"
    assert seen == [0]
    await read()
    assert seen == [0, 0, 1, 2, 3, 4]
