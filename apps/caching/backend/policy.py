"""What staff may turn of Django's caches."""

from apps.caching.policy import AT_ONCE, BOUNDS, FILLS, LIFE
from apps.tuning.declaration import Policy, policy
from apps.tuning.knob import knob


@policy
class DjangoCachePolicy(Policy):
    """How one of Django's caches uses this process's memory, and how it is stored."""

    l1_seconds: float = knob(
        0.1, unit="seconds", minimum=0, maximum=4, group=LIFE, effect=AT_ONCE,
        help="How long a process gives out what it read before without asking the store. 0: it always asks.",
    )  # fmt: skip
    l1_bytes: int = knob(
        16_000_000, unit="bytes", minimum=0, maximum=2_000_000_000, group=BOUNDS, effect=FILLS,
        help="How much memory these copies may take in each process.",
    )  # fmt: skip
    is_sensitive: bool = knob(
        default=False, group=BOUNDS, effect="At once; values of the other kind are refused.",
        help="Whether values are encrypted in the store. They are always authenticated.",
    )  # fmt: skip
