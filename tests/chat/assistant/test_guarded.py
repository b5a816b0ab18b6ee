"""The endpoint behind its pipeline: what counts against it, what each failure is told as."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest

from apps.chat.assistant import guarded
from apps.chat.assistant.guarded import Guarded, is_down
from apps.chat.assistant.upstream import Piece, Question, UpstreamError
from apps.resilience.exceptions import BulkheadFullError
from apps.resilience.pipeline import Pipeline, declare_dependency, pipeline
from apps.resilience.pipeline.registry import withdraw_dependency
from tests.chat.assistant.questions import question
from tests.servers.deadline import eventually
from tests.tuning.obeying import obeying

DONE = Piece(ending="complete")


class Source:
    """Yields the pieces, then does as told."""

    def __init__(self, *pieces: Piece, then: Exception | None = None, hangs: bool = False) -> None:
        self._pieces, self._then, self._hangs = pieces, then, hangs

    async def prepare(self) -> None:
        """Nothing to load."""

    async def answer(self, _: Question) -> AsyncGenerator[Piece, None]:
        for piece in self._pieces:
            yield piece
        if self._hangs:
            await asyncio.Event().wait()
        if self._then:
            raise self._then

    async def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
def kettle(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    """A dependency that opens after the second failure in a row."""
    monkeypatch.setattr(guarded, "PERMIT_SECONDS", 0.0)
    declare_dependency("kettle", title="the kettle", failures_in_a_row=2, attempts=1)
    yield pipeline("kettle")
    withdraw_dependency("kettle")


async def heard(source: Source) -> list[Piece]:
    return [piece async for piece in Guarded(source, "kettle").answer(question())]


async def failed(source: Source) -> str:
    with pytest.raises(UpstreamError) as raised:
        await heard(source)
    return raised.value.code


async def test_words_pass_and_signs_of_life_do_not(kettle: Pipeline) -> None:
    assert await heard(Source(Piece(), Piece("a"), Piece(), DONE)) == [Piece("a"), DONE]
    assert kettle.breaker.view().successes == 1


@pytest.mark.parametrize(
    ("code", "told", "failures"),
    [("failed", "failed", 1), ("busy", "busy", 1), ("refused", "refused", 0), ("unreachable", "waiting", 1)],
)
async def test_failure_before_the_first_word_is_told_and_counted(
    kettle: Pipeline, code: str, told: str, failures: int
) -> None:
    assert await failed(Source(then=UpstreamError(code, "no"))) == told
    assert kettle.breaker.view().failures == failures


@pytest.mark.parametrize("code", ["cut", "unreachable"])
async def test_failure_after_words_never_waits(kettle: Pipeline, code: str) -> None:
    assert await failed(Source(Piece("a"), then=UpstreamError(code, "no"))) == code
    assert kettle.breaker.view().failures == 1


@pytest.mark.parametrize(("code", "knob"), [("busy", "is_refusal_a_failure"), ("cut", "is_cut_a_failure")])
async def test_what_the_policy_spares_counts_as_nothing(kettle: Pipeline, code: str, knob: str) -> None:
    with obeying(kettle.handle, **{knob: False}):
        assert await failed(Source(Piece("a"), then=UpstreamError(code, "no"))) == code
    assert (kettle.breaker.view().failures, kettle.breaker.view().ignored) == (0, 1)


@pytest.mark.parametrize(
    ("pieces", "values"),
    [
        ([Piece()], {"attempt_seconds": 0.01}),
        ([Piece("a")], {"idle_seconds": 0.1}),
        ([Piece("a")], {"stream_seconds": 0.01}),
    ],
)
async def test_each_limit_of_time_is_told_as_slow(
    kettle: Pipeline, pieces: list[Piece], values: dict[str, Any]
) -> None:
    with obeying(kettle.handle, **values):
        assert await failed(Source(*pieces, hangs=True)) == "slow"
    assert kettle.breaker.view().failures == 1


async def test_stream_that_ends_without_an_ending_is_cut(kettle: Pipeline) -> None:
    assert await failed(Source(Piece("a"))) == "cut"


async def test_failure_that_opens_waits_and_so_does_what_is_rejected_then(kettle: Pipeline) -> None:
    codes = [await failed(Source(then=UpstreamError("failed", "no"))) for _ in range(3)]
    assert codes == ["failed", "waiting", "waiting"]
    assert is_down(kettle)
    assert kettle.breaker.view().rejected == 1


async def test_probe_that_is_due_passes_and_closes(kettle: Pipeline) -> None:
    with obeying(kettle.handle, recovery_seconds=0.05, recovery_jitter_percent=0.0):
        for _ in range(2):
            await failed(Source(then=UpstreamError("failed", "no")))
        await asyncio.to_thread(eventually, lambda: kettle.breaker.view().next_probe_seconds == 0)
        assert await heard(Source(Piece("a"), DONE)) == [Piece("a"), DONE]
    assert not is_down(kettle)


async def test_who_leaves_counts_as_nothing(kettle: Pipeline) -> None:
    answer = Guarded(Source(Piece("a"), hangs=True), "kettle").answer(question())
    assert await anext(answer) == Piece("a")
    await answer.aclose()
    assert (kettle.breaker.view().failures, kettle.breaker.view().successes) == (0, 0)


def test_more_than_may_be_under_way_is_told_as_busy() -> None:
    assert guarded.code_of(BulkheadFullError("full", 1.0)) == "busy"


async def test_what_is_loaded_for_the_first_answer_is_none_of_the_endpoints_time(kettle: Pipeline) -> None:
    class Slow(Source):
        async def prepare(self) -> None:
            await asyncio.sleep(0.06)

    with obeying(kettle.handle, attempt_seconds=0.05):
        assert await heard(Slow(Piece("a"), DONE)) == [Piece("a"), DONE]
