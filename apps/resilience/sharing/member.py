"""One breaker of this process as a member of the fleet: which decision it follows. No I/O, no clock."""

from dataclasses import asdict

from apps.resilience.breaker.breaker import Breaker
from apps.resilience.breaker.machine import Machine
from apps.resilience.breaker.rules import Mode, Rules
from apps.resilience.breaker.state import State
from apps.resilience.breaker.view import view_of
from apps.resilience.sharing.evidence import Evidence
from apps.resilience.sharing.report import Report, Ruling

UNSPENT_SECONDS = 1.0


class Member:
    """Makes the reports and obeys the rulings; every method runs under the breaker's lock."""

    def __init__(self, breaker: Breaker, *, origin: str) -> None:
        self.breaker, self._origin = breaker, origin
        self._stamp, self._fleet = 0, State.CLOSED
        self._evidence = Evidence()

    def report(self, machine: Machine, now: float) -> Report:
        """Return what to tell the store, and take what came of probes off the machine."""
        if self._fleet is not State.CLOSED and machine.inner is State.CLOSED:
            self._stamp, self._fleet = self._stamp + 1, State.CLOSED  # closed here, by staff or without the store
        breaker = self.breaker
        totals = (breaker.successes + breaker.failures, breaker.failures, breaker.slow)
        calls, failures, slow = self._evidence.recent(now, totals)
        machine.give_up_unspent(before=now - UNSPENT_SECONDS)
        settled, machine.settled = tuple(machine.settled), []
        is_tripped = machine.inner is not State.CLOSED and self._fleet is State.CLOSED
        return Report(
            name=breaker.name,
            origin=self._origin,
            stamp=self._stamp,
            state=self._fleet,
            remaining_seconds=max(0.0, machine.open_until - now),
            openings=machine.openings,
            reason=machine.reason,
            is_tripped=is_tripped,
            calls=calls,
            failures=failures,
            slow=slow,
            wanted=machine.rules.probes if machine.has_demand else 0,
            settled=settled,
            pause_factor=1 + machine.rules.recovery_jitter * machine.chance(),
            rules=told(machine.rules),
            view=asdict(view_of(breaker, machine, now)),
        )

    def obey(self, machine: Machine, now: float, *, ruling: Ruling) -> None:
        """Go where the fleet went, and take the permits it issued."""
        if ruling.stamp != self._stamp:
            self._follow(machine, ruling, now)
        elif ruling.state is not State.CLOSED and machine.inner is not State.CLOSED:
            machine.is_led = True  # the store is back and nothing was decided meanwhile
        machine.has_demand = False
        for number in ruling.granted:
            machine.grant(number, deadline=now + ruling.permit_seconds, now=now)

    def _follow(self, machine: Machine, ruling: Ruling, now: float) -> None:
        was_led = machine.is_led or self._fleet is not State.CLOSED
        self._stamp, self._fleet = ruling.stamp, ruling.state
        self._evidence.clear()
        if ruling.state is State.CLOSED and not was_led:
            return  # an opening of this process alone is ended by its own probes
        machine.lead(
            ruling.state,
            remaining_seconds=ruling.remaining_seconds,
            openings=ruling.openings,
            reason=ruling.reason,
            now=now,
        )


def told(rules: Rules) -> dict[str, float]:
    """Return what the store needs of the rules; durations in milliseconds."""
    is_judging = rules.mode is Mode.AUTOMATIC
    return {
        "minimum_calls": rules.minimum_calls,
        "failure_rate": rules.failure_rate if is_judging else 0,
        "slow_rate": rules.slow_rate if is_judging else 0,
        "recovery_ms": rules.recovery_seconds * 1000,
        "growth": rules.recovery_growth,
        "limit_ms": max(rules.recovery_limit_seconds, rules.recovery_seconds) * 1000,
        "probes": rules.probes,
        "probe_ms": rules.probe_seconds * 1000,
        "quota": rules.successes_to_close,
    }
