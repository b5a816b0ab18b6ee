"""What draft thresholds would have done to the outcomes that were recorded. Nothing running is touched."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from apps.resilience.breaker import Breaker, Mode, Rules, State
from apps.resilience.breaker.machine import Machine

HOUR_SECONDS = 3600.0
Outcome = tuple[float, float, bool]  # when, how long, whether it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """When the breaker would have opened, and why."""

    seconds_ago: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The openings over the outcomes at hand; `covered_seconds` says how far back those go."""

    calls: int
    covered_seconds: float
    openings: tuple[Opening, ...]
    rejected: int


def preview(breaker: Breaker, rules: Rules) -> Preview:
    """Return what the rules would have done in the last hour, as far as this process's tape goes back."""
    now, tape = breaker.drive(lambda machine, now: (now, list(machine.window.tape(since=now - HOUR_SECONDS))))
    return replayed(tape, rules, now=now)


def replayed(tape: Iterable[Outcome], rules: Rules, *, now: float) -> Preview:
    """Return what the rules would have done to the outcomes, unless staff had ordered otherwise.

    Recovery takes its least time, without chance.
    """
    outcomes = list(tape)
    machine = Machine("preview", replace(rules, mode=Mode.AUTOMATIC), chance=lambda: 0.0)
    openings: list[Opening] = []
    rejected = 0
    for at, seconds, is_failure in outcomes:
        passed = machine.admit(at)
        if passed is None:
            rejected += 1
            continue
        machine.record(passed, now=at, seconds=seconds, is_failure=is_failure)
        changes, machine.transitions = machine.transitions, []
        openings += [Opening(seconds_ago=now - at, reason=one.reason) for one in changes if one.new is State.OPEN]
    covered = now - outcomes[0][0] if outcomes else 0.0
    return Preview(calls=len(outcomes), covered_seconds=covered, openings=tuple(openings), rejected=rejected)
