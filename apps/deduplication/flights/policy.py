"""How the flights of a scope behave: one policy per scope, its defaults the scope's own."""

from typing import Literal

from apps.tuning.declaration import Policy, policy
from apps.tuning.exceptions import PolicyError
from apps.tuning.knob import knob

NEXT = "From the next caller."


@policy
class FlightPolicy(Policy):
    """How identical work in progress is shared."""

    is_enabled: bool = knob(
        True,  # noqa: FBT003  (a default)
        group="Sharing",
        help="Whether identical work runs once. Off: everybody runs their own.",
        effect=NEXT,
    )
    wait_seconds: float = knob(
        5.0,
        unit="seconds",
        minimum=0.1,
        maximum=120,
        group="Sharing",
        help="How long a caller waits for work that another does; then it is told to come back.",
        effect="For callers that come after the change.",
    )
    result_window_seconds: float = knob(
        0.0,
        unit="seconds",
        minimum=0,
        maximum=60,
        group="Sharing",
        help="How long a result is given to callers who come after the work has ended. 0: they run it anew.",
        effect="For results that come after the change.",
    )
    errors: Literal["shared", "rerun"] = knob(
        "shared",
        group="Sharing",
        help="What waiters get when the work fails: the same error, or their turn to try, one after the other.",
        effect=NEXT,
    )
    is_cancelled_when_left: bool = knob(
        True,  # noqa: FBT003  (a default)
        group="Sharing",
        help="Whether work nobody waits for any more is cancelled.",
        effect=NEXT,
    )
    table_size: int = knob(
        1_000,
        unit="keys",
        minimum=1,
        maximum=100_000,
        group="Bounds",
        help="How many keys may be in progress in one process; what is over it runs unshared, and is counted.",
        effect=NEXT,
    )
    value_bytes: int = knob(
        1_000_000,
        unit="bytes",
        minimum=1_000,
        maximum=50_000_000,
        group="Bounds",
        help="How large a result other processes may be given; with a larger one they take turns.",
        effect=NEXT,
    )
    lease_seconds: float = knob(
        2.0,
        unit="seconds",
        minimum=0.2,
        maximum=60,
        group="Leases",
        help="How long a process that died holds up its successor. It is renewed four times in this time.",
        effect="For leases taken after the change.",
    )
    deadline_seconds: float = knob(
        60.0,
        unit="seconds",
        minimum=0.5,
        maximum=3_600,
        group="Leases",
        help="How long work may hold its key. After it a successor may start, and the late result is refused.",
        effect="For work that begins after the change.",
    )

    def check(self) -> None:
        """Refuse a lease that outlasts its waiters, and a deadline that comes before its lease ends."""
        if self.lease_seconds >= self.wait_seconds:
            raise PolicyError("lease_seconds", "must be less than wait_seconds, or nobody is left to succeed.")
        if self.deadline_seconds < self.lease_seconds:
            raise PolicyError("deadline_seconds", "must not be less than lease_seconds.")
