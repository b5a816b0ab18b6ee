"""pybreaker's constructor on our breaker: code written for `pybreaker.CircuitBreaker` changes its import alone."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pybreaker import CircuitBreakerError

from apps.resilience.breaker.breaker import Breaker
from apps.resilience.breaker.judgement import Exclusion
from apps.resilience.breaker.machine import Pass
from apps.resilience.breaker.rules import Rules
from apps.resilience.breaker.state import State

if TYPE_CHECKING:
    from pybreaker import CircuitBreakerListener


class CircuitBreaker(Breaker):
    """Opens after failures in a row alone, as pybreaker does; the excluded count as nothing, not as successes."""

    def __init__(
        self,
        fail_max: int = 5,
        reset_timeout: float = 60,
        success_threshold: int = 1,
        exclude: Iterable[Exclusion] | None = None,
        listeners: "Iterable[CircuitBreakerListener] | None" = None,
        name: str | None = None,
        *,
        throw_new_error_on_trip: bool = True,
    ) -> None:
        rules = Rules(
            failures_in_a_row=fail_max,
            recovery_seconds=reset_timeout,
            recovery_jitter=0,
            recovery_growth=1,
            successes_to_close=success_threshold,
            failure_rate=0,
            slow_rate=0,
        )
        super().__init__(name or "breaker", rules, exclude=exclude or (), listeners=listeners or ())
        self._throws_on_trip = throw_new_error_on_trip

    def failed(self, passed: Pass, error: BaseException, seconds: float) -> None:
        """Note the failure; raise CircuitBreakerError in its place where it opened the breaker."""
        super().failed(passed, error, seconds)
        if self._throws_on_trip and self.is_system_error(error) and self._machine.inner is State.OPEN:
            raise CircuitBreakerError("Failures threshold reached, circuit breaker opened") from error
