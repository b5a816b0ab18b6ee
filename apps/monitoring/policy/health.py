"""The policy of health."""

from apps.tuning.declaration import Policy, policy
from apps.tuning.knob import knob
from apps.tuning.registry import declare

NEXT = "At the next look, in every process."
PROBING, BOUNDS = "1 Probing", "2 Bounds"


@policy
class HealthPolicy(Policy):
    """How often the site looks after itself, and from when on it warns."""

    keep_seconds: float = knob(
        1.0, unit="seconds", minimum=0.1, maximum=60, group=PROBING, effect=NEXT,
        help="How long a report answers probes before the checks run again, however many probes come.",
    )  # fmt: skip
    timeout_seconds: float = knob(
        0.9, unit="seconds", minimum=0.1, maximum=10, group=PROBING, effect=NEXT,
        help="How long the checks may take. What has not answered by then has failed, or warns.",
    )  # fmt: skip
    memory_percent: float = knob(
        90.0, unit="%", minimum=1, maximum=100, group=BOUNDS, effect=NEXT,
        help="From when on the machine's memory in use warns.",
    )  # fmt: skip
    cpu_percent: float = knob(
        95.0, unit="%", minimum=1, maximum=100, group=BOUNDS, effect=NEXT,
        help="From when on the machine's processors warn.",
    )  # fmt: skip
    disk_percent: float = knob(
        90.0, unit="%", minimum=1, maximum=100, group=BOUNDS, effect=NEXT,
        help="From when on the disk of the data directory warns.",
    )  # fmt: skip


HEALTH = declare(HealthPolicy, name="health", title="Health")
