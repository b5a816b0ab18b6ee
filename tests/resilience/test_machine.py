"""The machine against a model of itself, whatever happens in whatever order; virtual time, chosen chance."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from apps.resilience.breaker.machine import Machine, Pass
from apps.resilience.breaker.permits import Permit
from apps.resilience.breaker.rules import Mode, Rules
from apps.resilience.breaker.state import State

RULES = st.builds(
    Rules,
    mode=st.sampled_from([Mode.AUTOMATIC, Mode.AUTOMATIC, *Mode]),
    window_calls=st.integers(1, 8),
    window_seconds=st.sampled_from([0.0, 0.0, 5.0]),
    minimum_calls=st.integers(1, 8),
    failure_rate=st.sampled_from([0.0, 0.3, 0.6, 1.0]),
    slow_seconds=st.just(1.0),
    slow_rate=st.sampled_from([0.0, 0.5]),
    failures_in_a_row=st.integers(0, 4),
    recovery_seconds=st.just(10.0),
    recovery_limit_seconds=st.just(25.0),
    probes=st.integers(1, 3),
    probe_seconds=st.just(4.0),
    successes_to_close=st.integers(1, 3),
)


class Model(RuleBasedStateMachine):
    """Keeps what happened as a plain list and judges it the slow way."""

    passes = Bundle("passes")

    @initialize(rules=RULES, chance=st.sampled_from([0.0, 0.5, 0.99]))
    def start(self, rules: Rules, chance: float) -> None:
        self.now = 100.0
        self.machine = Machine("model", rules, chance=lambda: chance)
        self.outcomes: list[tuple[float, float, bool]] = []
        self.row = 0
        self.stamp = self.machine.generation

    @rule(target=passes)
    def begin(self) -> Pass | None:
        machine, before = self.machine, self.machine.state
        passed = machine.admit(self.now)
        if before in {State.CLOSED, State.DISABLED, State.METRICS_ONLY}:
            assert passed == machine.generation
        elif before is State.FORCED_OPEN or (before is State.OPEN and self.now < machine.open_until):
            assert passed is None
        elif passed is not None:
            assert machine.state is State.HALF_OPEN
            assert isinstance(passed, Permit)
        else:
            assert self.machine.permits.out >= 1
        return passed

    @rule(passed=consumes(passes), seconds=st.sampled_from([0.1, 2.0]), is_failure=st.booleans())
    def end(self, passed: Pass | None, seconds: float, is_failure: bool) -> None:
        if passed is None:
            return
        machine, before, late = self.machine, self.machine.state, self.machine.late
        is_current = passed == machine.free_pass
        is_probe = isinstance(passed, Permit) and passed.generation == machine.generation and passed.deadline > self.now
        machine.record(passed, now=self.now, seconds=seconds, is_failure=is_failure)
        if is_current and before is not State.DISABLED:
            self.outcomes.append((self.now, seconds, is_failure))
            self.row = self.row + 1 if is_failure else 0
            assert (machine.state is State.OPEN) == (before is State.CLOSED and self.is_over())
        elif is_probe:
            is_bad = is_failure or (machine.rules.slow_rate > 0 and seconds >= 1)
            assert machine.state in ({State.OPEN} if is_bad else {State.HALF_OPEN, State.CLOSED})
            self.outcomes.append((self.now, seconds, is_failure))
        elif not is_current:
            assert machine.late == late + 1, "a result of an earlier generation counted"
            assert machine.state is before
        self.forget_if_closed(before)

    @rule(passed=consumes(passes))
    def cancel(self, passed: Pass | None) -> None:
        before = (self.machine.state, self.machine.window.calls, self.machine.row, self.machine.successes)
        if passed is not None:
            self.machine.give_back(passed, now=self.now)
        assert before == (
            self.machine.state,
            self.machine.window.calls,
            self.machine.row,
            self.machine.successes,
        )

    @rule(seconds=st.sampled_from([0.5, 3.0, 10.0, 26.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(rules=RULES)
    def change(self, rules: Rules) -> None:
        before, row = self.machine.inner, self.machine.row
        self.machine.change(rules, now=self.now)
        assert (self.machine.inner, self.machine.row) == (before, row), "a change of thresholds changed the state"

    @precondition(lambda self: self.machine.inner is State.OPEN)
    @rule()
    def close(self) -> None:
        self.machine.close("by hand", self.now)
        self.outcomes, self.row = [], 0

    @invariant()
    def the_window_is_what_the_list_says(self) -> None:
        if hasattr(self, "machine"):
            window = self.machine.window
            window.slide(self.now)
            within = self.within()
            assert window.calls == len(within)
            assert window.failures == sum(is_failure for _, _, is_failure in within)
            assert window.slow == sum(seconds >= 1 for _, seconds, _ in within)

    @invariant()
    def no_more_probes_are_out_than_permitted(self) -> None:
        if hasattr(self, "machine"):
            self.machine.permits.reclaim(self.now)
            assert self.machine.permits.out <= 3

    @invariant()
    def open_lasts_within_its_bounds(self) -> None:
        if hasattr(self, "machine") and self.machine.inner is State.OPEN:
            lasts = self.machine.open_until - self.machine.opened_at
            assert 10 <= lasts < 25 * 1.1

    def within(self) -> list[tuple[float, float, bool]]:
        rules = self.machine.rules
        if rules.window_seconds:
            return [one for one in self.outcomes if one[0] > self.now - rules.window_seconds]
        return self.outcomes[-rules.window_calls :]

    def is_over(self) -> bool:
        rules, within = self.machine.rules, self.within()
        if rules.failures_in_a_row and self.row >= rules.failures_in_a_row:
            return True
        if len(within) < min(rules.minimum_calls, rules.window_calls):
            return False
        failures = sum(is_failure for _, _, is_failure in within)
        slow = sum(seconds >= 1 for _, seconds, _ in within)
        return bool(
            (rules.failure_rate and failures and failures >= rules.failure_rate * len(within))
            or (rules.slow_rate and slow and slow >= rules.slow_rate * len(within))
        )

    def forget_if_closed(self, before: State) -> None:
        if before is State.HALF_OPEN and self.machine.inner is State.CLOSED:
            self.outcomes, self.row = [], 0


TestMachine = Model.TestCase
TestMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
