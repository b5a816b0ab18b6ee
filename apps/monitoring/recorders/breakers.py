"""Breakers and what belongs to them: retries, places, fallbacks. One set for each dependency."""

from typing import Any

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import Merge, counter, gauge
from apps.monitoring.policy.recorders import BREAKERS
from apps.monitoring.recorders.dependencies import breakers
from apps.monitoring.recorders.recorder import Recorder
from apps.resilience.breaker import Breaker
from apps.resilience.breaker.state import State
from apps.resilience.limits.current import limiter
from apps.resilience.pipeline.pipeline import Pipeline
from apps.resilience.pipeline.registry import pipelines
from apps.resilience.signals import breaker_changed

STATE = gauge(
    "circuit_breaker_state", "1 for the state a breaker is in, in any process, 0 for the others.", "name", "state",
    merge=Merge.MAX,
)  # fmt: skip
CALLS = counter(
    "circuit_breaker_calls_total",
    "Calls by how they ended: success, failure, rejected by the breaker, ignored as telling nothing.",
    "name", "outcome",
)  # fmt: skip
SLOW = counter("circuit_breaker_slow_calls_total", "Calls that were slow by the breaker's rules.", "name")
CHANGES = counter("circuit_breaker_transitions_total", "Passages into a state.", "name", "state")
TOKENS = gauge("retry_budget_tokens", "What is left of the budget of retries.", "name")
RETRIES = counter("retries_total", "Attempts after the first, by whether the budget bore them.", "name", "result")
PLACES = gauge("bulkhead_calls", "Calls that have a place, or wait for one.", "name", "state")
LIMIT = gauge("bulkhead_limit", "Places there are.", "name")
CROWDED = counter("bulkhead_rejected_total", "Calls that found no place.", "name")
FALLBACKS = counter("fallbacks_total", "Calls answered by what stands in for the dependency.", "name")
ALONE = counter("rate_limit_fallbacks_total", "Limits that each process counted for itself, for want of Redis.")


class BreakerRecorder(Recorder[tuple[str, str]]):
    """Looks at the breakers and hears of their passages."""

    name = "breakers"
    policy = BREAKERS

    def listen(self) -> None:
        """Hear of passages from one state to another."""
        breaker_changed.connect(self._changed)

    def deafen(self) -> None:
        """Hear of them no more."""
        breaker_changed.disconnect(self._changed)

    def fold(self, board: Board, samples: list[tuple[str, str]]) -> None:
        """Count passages."""
        for labels in samples:
            board.add(CHANGES, labels)

    def read(self, board: Board) -> None:
        """Put all dependencies on the board."""
        is_ignored = self.rules.is_ignored
        for breaker in breakers():
            if not is_ignored(breaker.name):
                _tell(board, breaker)
        for pipeline in pipelines():
            if not is_ignored(pipeline.name):
                _tell_pipeline(board, pipeline)
        board.put(ALONE, (), limiter().fallbacks)

    def _changed(self, *, name: str, transition: Any, **_: Any) -> None:
        self.take((name, transition.new.value))


def _tell(board: Board, breaker: Breaker) -> None:
    name, current = breaker.name, breaker.current_state
    for state in State:
        board.put(STATE, (name, state.value), state.value == current)
        board.add(CHANGES, (name, state.value), 0)
    outcomes = {
        "success": breaker.successes,
        "failure": breaker.failures,
        "rejected": breaker.rejected,
        "ignored": breaker.ignored,
    }
    for outcome, times in outcomes.items():
        board.put(CALLS, (name, outcome), times)
    board.put(SLOW, (name,), breaker.slow)


def _tell_pipeline(board: Board, pipeline: Pipeline) -> None:
    name, account, bulkhead = pipeline.name, pipeline.parts.retry.account, pipeline.parts.bulkhead
    board.put(TOKENS, (name,), account.tokens)
    board.put(RETRIES, (name, "made"), account.retries)
    board.put(RETRIES, (name, "refused"), account.refused)
    board.put(PLACES, (name, "under_way"), bulkhead.under_way)
    board.put(PLACES, (name, "waiting"), bulkhead.waiting)
    board.put(LIMIT, (name,), bulkhead.limit)
    board.put(CROWDED, (name,), bulkhead.rejected)
    board.put(FALLBACKS, (name,), pipeline.fallbacks)
