"""How long what was measured is kept."""

from apps.tuning.declaration import Policy, policy
from apps.tuning.knob import knob
from apps.tuning.registry import declare

NEXT_RUN = "With the next pruning, within a minute; what is gone does not come back."


@policy
class RetentionPolicy(Policy):
    """How long snapshots are kept. The least is what the performance pages draw, with the period before."""

    raw_hours: int = knob(
        2, unit="hours", minimum=2, maximum=168, effect=NEXT_RUN,
        help="Snapshots of ten seconds, of each process. Charts of up to half an hour show them.",
    )  # fmt: skip
    minute_days: int = knob(
        2, unit="days", minimum=2, maximum=60, effect=NEXT_RUN,
        help="Snapshots of a minute. Charts of up to 15 hours show them.",
    )  # fmt: skip
    ten_minutes_days: int = knob(
        8, unit="days", minimum=8, maximum=366, effect=NEXT_RUN,
        help="Snapshots of ten minutes. Charts of up to three days show them.",
    )  # fmt: skip
    hour_days: int = knob(
        61, unit="days", minimum=61, maximum=1_000, effect=NEXT_RUN,
        help="Snapshots of an hour. Charts of up to 30 days show them.",
    )  # fmt: skip
    day_days: int = knob(
        400, unit="days", minimum=183, maximum=4_000, effect=NEXT_RUN,
        help="Snapshots of a day. Charts of up to 90 days show them.",
    )  # fmt: skip


RETENTION = declare(RetentionPolicy, name="monitor_retention", title="Monitoring: how long figures are kept")
