"""pybreaker's names for what our breaker does, so that its users and their listeners are at home."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from pybreaker import CircuitBreakerState

from apps.resilience.breaker.judgement import Exclusion, Judgement
from apps.resilience.breaker.machine import Machine
from apps.resilience.breaker.rules import Rules
from apps.resilience.breaker.state import State

if TYPE_CHECKING:
    from pybreaker import CircuitBreaker, CircuitBreakerListener


class Vocabulary:
    """Reads and turns the machine by pybreaker's attributes."""

    name: str
    _machine: Machine
    _judgement: Judgement
    _listeners: "tuple[CircuitBreakerListener, ...]"
    change: Callable[[Rules], None]

    @property
    def rules(self) -> Rules:
        """What it goes by now."""
        return self._machine.rules

    @property
    def fail_counter(self) -> int:
        """The failures in a row."""
        return self._machine.row

    @property
    def success_counter(self) -> int:
        """The good probes of this half-open time."""
        return self._machine.successes

    @property
    def fail_max(self) -> int:
        """How many failures in a row open it."""
        return self.rules.failures_in_a_row

    @fail_max.setter
    def fail_max(self, number: int) -> None:
        self.change(replace(self.rules, failures_in_a_row=number))

    @property
    def reset_timeout(self) -> float:
        """The seconds it stays open the first time."""
        return self.rules.recovery_seconds

    @reset_timeout.setter
    def reset_timeout(self, seconds: float) -> None:
        self.change(replace(self.rules, recovery_seconds=seconds))

    @property
    def success_threshold(self) -> int:
        """How many good probes close it."""
        return self.rules.successes_to_close

    @success_threshold.setter
    def success_threshold(self, number: int) -> None:
        self.change(replace(self.rules, successes_to_close=number))

    @property
    def current_state(self) -> str:
        """The state's name: pybreaker's three, or forced-open, disabled, metrics-only."""
        return self._machine.state.value

    @property
    def state(self) -> CircuitBreakerState:
        """The state as an object with a `name`, as listeners get it."""
        return self.shown(self._machine.state)

    @property
    def excluded_exceptions(self) -> tuple[Exclusion, ...]:
        """Types and predicates of errors that count as nothing."""
        return self._judgement.exclusions

    def add_excluded_exception(self, exception: Exclusion) -> None:
        """Count such errors as nothing from now on."""
        self._judgement.exclude(exception)

    def add_excluded_exceptions(self, *exceptions: Exclusion) -> None:
        """Count such errors as nothing from now on."""
        for exception in exceptions:
            self._judgement.exclude(exception)

    def remove_excluded_exception(self, exception: Exclusion) -> None:
        """Count such errors as failures again; raise ValueError for what was not excluded."""
        self._judgement.include(exception)

    def is_system_error(self, exception: BaseException) -> bool:
        """Return whether the error counts as a failure."""
        return self._judgement.is_failure(exception)

    @property
    def listeners(self) -> "tuple[CircuitBreakerListener, ...]":
        """Who hears of calls and changes."""
        return self._listeners

    def add_listener(self, listener: "CircuitBreakerListener") -> None:
        """Let it hear from now on."""
        self._listeners = (*self._listeners, listener)

    def add_listeners(self, *listeners: "CircuitBreakerListener") -> None:
        """Let them hear from now on."""
        self._listeners = (*self._listeners, *listeners)

    def remove_listener(self, listener: "CircuitBreakerListener") -> None:
        """Let it hear no more; raise ValueError for one that does not."""
        kept = list(self._listeners)
        kept.remove(listener)
        self._listeners = tuple(kept)

    @property
    def spoken(self) -> "CircuitBreaker":
        """The breaker, where pybreaker's types ask for theirs."""
        return cast("CircuitBreaker", self)

    def shown(self, state: State) -> CircuitBreakerState:
        """Return a state as pybreaker's listeners get it."""
        return CircuitBreakerState(self.spoken, state.value)
