"""What staff may turn: one policy per namespace, and one for the memory of sessions."""

from apps.tuning.declaration import Policy, policy
from apps.tuning.exceptions import PolicyError
from apps.tuning.knob import knob
from apps.tuning.registry import declare

AT_ONCE, FILLS = "At once, for entries that exist as well.", "For entries that are stored after the change."
LIFE, LOADS, BOUNDS, ORDERS = "1 Life", "2 Loads", "3 Bounds", "4 Orders"


@policy
class CachePolicy(Policy):
    """How long the values of one namespace are kept, where, and what is done when they end."""

    is_enabled: bool = knob(
        default=True, group=ORDERS, effect="At once.", help="Whether anything is kept. Off: every read loads."
    )
    l1_seconds: float = knob(
        0.1, unit="seconds", minimum=0, maximum=4, group=LIFE, effect=AT_ONCE,
        help="How long a process gives out what it has in memory without asking anybody. 0: level 1 is off.",
    )  # fmt: skip
    l2_seconds: float = knob(
        300.0, unit="seconds", minimum=0, maximum=3_600, group=LIFE, effect=AT_ONCE,
        help="How long a session's copy is kept; every four seconds its stamps are looked at. 0: level 2 is off.",
    )  # fmt: skip
    l3_seconds: float = knob(
        3_600.0, unit="seconds", minimum=0.1, maximum=86_400, group=LIFE, effect=AT_ONCE,
        help="How old a value may be, counted from its load, at any level.",
    )  # fmt: skip
    is_l3_used: bool = knob(
        default=True, group=LIFE, effect="At once.", help="Whether values are kept in the shared store."
    )
    grace_seconds: float = knob(
        3_600.0, unit="seconds", minimum=0, maximum=86_400, group=LIFE, effect=AT_ONCE,
        help="How long after its life a value that nobody invalidated stands in for a load that fails.",
    )  # fmt: skip
    negative_seconds: float = knob(
        5.0, unit="seconds", minimum=0, maximum=3_600, group=LIFE, effect=AT_ONCE,
        help="How long it is remembered that there is no value. 0: not at all.",
    )  # fmt: skip
    jitter_percent: float = knob(
        10.0, unit="%", minimum=0, maximum=50, group=LIFE, effect=AT_ONCE,
        help="By how much, at most, chance shortens each life, so that entries made together end apart.",
    )  # fmt: skip
    early_beta: float = knob(
        1.0, minimum=0, maximum=10, group=LOADS, effect="At once.",
        help="How eagerly values are loaded before they end, the more so the longer loads take. 0: never early.",
    )  # fmt: skip
    soft_seconds: float = knob(
        0.0, unit="seconds", minimum=0, maximum=60, group=LOADS, effect="From the next load.",
        help="After how long a load that has a stand-in is no longer waited for; it goes on. 0: always waited for.",
    )  # fmt: skip
    entry_bytes: int = knob(
        1_000_000, unit="bytes", minimum=1_000, maximum=50_000_000, group=BOUNDS, effect=FILLS,
        help="How large a value may be to be kept.",
    )  # fmt: skip
    l1_bytes: int = knob(
        16_000_000, unit="bytes", minimum=0, maximum=2_000_000_000, group=BOUNDS, effect=FILLS,
        help="How much memory level 1 may take in each process.",
    )  # fmt: skip
    compress_bytes: int = knob(
        32_768, unit="bytes", minimum=100, maximum=100_000_000, group=BOUNDS, effect=FILLS,
        help="From which size on values are compressed in the shared store. A small one takes longer than its trip.",
    )  # fmt: skip
    is_sensitive: bool = knob(
        default=False, group=BOUNDS, effect="At once; entries of the other kind are refused.",
        help="Whether values are encrypted in the shared store. They are always authenticated.",
    )  # fmt: skip
    is_observed: bool = knob(
        default=True, group=ORDERS, effect="At once; what was learned is forgotten.",
        help="Whether a sample of the keys is observed, for predicted TTLs.",
    )  # fmt: skip
    clearings: int = knob(
        0, minimum=0, maximum=1_000_000_000, group=ORDERS, effect="At once, in every process.",
        help="Counted up to clear the namespace: what was stored before is found no more.",
    )  # fmt: skip

    def check(self) -> None:
        """No level outlives the value."""
        if self.l2_seconds > self.l3_seconds:
            raise PolicyError("l2_seconds", f"must not exceed l3_seconds, which is {self.l3_seconds}.")


@policy
class MemoryPolicy(Policy):
    """How much memory the copies of sessions may take in each process."""

    l2_bytes: int = knob(
        64_000_000, unit="bytes", minimum=0, maximum=8_000_000_000, group=BOUNDS, effect=FILLS,
        help="Of all sessions together; those that stored least lately are forgotten first.",
    )  # fmt: skip
    l2_session_bytes: int = knob(
        1_000_000, unit="bytes", minimum=0, maximum=1_000_000_000, group=BOUNDS, effect=FILLS,
        help="Of one session; its oldest entries are forgotten first.",
    )  # fmt: skip


memory = declare(MemoryPolicy, name="cache_sessions", title="Cache: memory of sessions")
