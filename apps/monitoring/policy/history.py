"""The cache of what is over: it never changes, so it is added up once and not again for every look at a chart."""

from apps.caching.namespace import Namespace
from apps.caching.policy import AT_ONCE, BOUNDS, FILLS, LIFE, ORDERS, CachePolicy
from apps.tuning.declaration import policy
from apps.tuning.knob import knob


@policy
class HistoryPolicy(CachePolicy):
    """How long sums over times that are over are kept; each holds until one more point is over."""

    l1_seconds: float = knob(
        4.0, unit="seconds", minimum=0, maximum=4, group=LIFE, effect=AT_ONCE,
        help="How long a process gives out what it has in memory without asking anybody. 0: level 1 is off.",
    )  # fmt: skip
    l3_seconds: float = knob(
        86_400.0, unit="seconds", minimum=0.1, maximum=86_400, group=LIFE, effect=AT_ONCE,
        help="How long one is kept, counted from its load, at any level.",
    )  # fmt: skip
    entry_bytes: int = knob(
        8_000_000, unit="bytes", minimum=1_000, maximum=50_000_000, group=BOUNDS, effect=FILLS,
        help="How large the sums of one metric may be to be kept.",
    )  # fmt: skip
    is_observed: bool = knob(
        default=False, group=ORDERS, effect="At once; what was learned is forgotten.",
        help="Whether a sample of the keys is observed, for predicted TTLs. What is over has no use for them.",
    )  # fmt: skip


# By metric, labels, step, start and end; the value is the sums, packed.
HISTORY = Namespace(
    "monitoring.history", title="Cache: figures of times that are over", value=bytes, policy=HistoryPolicy
)
