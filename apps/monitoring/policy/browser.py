"""What is heard of browsers and of the people at them."""

from apps.monitoring.policy.recorder import SampledPolicy
from apps.tuning.declaration import policy
from apps.tuning.knob import knob
from apps.tuning.registry import declare

AT_ONCE = "At once, in every process."


@policy
class BrowserPolicy(SampledPolicy):
    """What is recorded of pages as browsers saw them, and how often anybody may tell."""

    beacons_per_minute: int = knob(
        120, unit="per minute", minimum=0, maximum=100_000, effect=AT_ONCE,
        help="How many pages one address may tell of. 0 refuses all.",
    )  # fmt: skip
    pages_per_minute: int = knob(
        60, unit="per minute", minimum=0, maximum=10_000, effect=AT_ONCE,
        help="How many poor pages are kept one by one, with their traces; all are counted.",
    )  # fmt: skip
    feedback_per_minute: int = knob(
        10, unit="per minute", minimum=0, maximum=1_000, effect=AT_ONCE,
        help="How often one account may say what it thinks. 0 refuses all.",
    )  # fmt: skip
    apdex_seconds: float = knob(
        0.5, unit="seconds", minimum=0.001, maximum=60, effect="At once, for what was measured before as well.",
        help="How long a page or an answer may take for people to be satisfied; four times that, to bear it.",
    )  # fmt: skip
    keep_days: int = knob(
        90, unit="days", minimum=1, maximum=3_650, effect="At the next pruning.",
        help="How long poor pages and feedback are kept.",
    )  # fmt: skip


BROWSER = declare(BrowserPolicy, name="monitor_browser", title="Monitoring: browsers and feedback")
