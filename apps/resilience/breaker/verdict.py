"""Whether what a window holds is reason enough to open."""

from apps.resilience.breaker.rules import Rules
from apps.resilience.breaker.window import Window


def reason_to_open(rules: Rules, window: Window, row: int) -> str:
    """Return why the breaker should open, in words; empty while it should not."""
    if 0 < rules.failures_in_a_row <= row:
        return f"{row} failures in a row"
    calls = window.calls
    if calls < min(rules.minimum_calls, rules.window_calls):
        return ""
    if rules.failure_rate and 0 < window.failures >= rules.failure_rate * calls:
        return f"{window.failures} of {calls} calls failed"
    if rules.slow_rate and 0 < window.slow >= rules.slow_rate * calls:
        return f"{window.slow} of {calls} calls took {rules.slow_seconds:g} s or longer"
    return ""
