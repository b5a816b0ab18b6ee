"""A breaker as staff see it: one moment, frozen."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.resilience.breaker.machine import Machine

if TYPE_CHECKING:
    from apps.resilience.breaker.breaker import Breaker


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """State, reason, window and totals. Ages and waits are seconds from the moment it was taken."""

    name: str
    state: str
    reason: str
    would_open: str
    is_led: bool
    openings: int
    open_for_seconds: float
    next_probe_seconds: float
    window_calls: int
    window_failures: int
    window_slow: int
    row: int
    probes_out: int
    successes: int
    failures: int
    slow: int
    rejected: int
    ignored: int
    late: int


def view_of(breaker: "Breaker", machine: Machine, now: float) -> View:
    """Return the breaker's view; the caller holds its lock."""
    machine.window.slide(now)
    is_open = machine.inner.value == "open"
    return View(
        name=breaker.name,
        state=machine.state.value,
        reason=machine.reason,
        would_open=machine.would_open,
        is_led=machine.is_led,
        openings=machine.openings,
        open_for_seconds=now - machine.opened_at if machine.openings else 0.0,
        next_probe_seconds=max(0.0, machine.open_until - now) if is_open else 0.0,
        window_calls=machine.window.calls,
        window_failures=machine.window.failures,
        window_slow=machine.window.slow,
        row=machine.row,
        probes_out=machine.permits.out,
        successes=breaker.successes,
        failures=breaker.failures,
        slow=breaker.slow,
        rejected=breaker.rejected,
        ignored=breaker.ignored,
        late=machine.late,
    )
