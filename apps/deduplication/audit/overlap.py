"""When two executions of one key overlapped, and whether that was declared. Pure.

Monotonic clocks are the same for all processes of a machine: there an overlap of a nanosecond counts. Between machines
only wall clocks compare, so an overlap must be longer than they may differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.deduplication.audit.execution import Verdict

SKEW_NS = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An execution from its start to its end, or to when it was last seen."""

    process: str
    clock: str
    offset_ns: int
    started_ns: int
    ended_ns: int
    let_go_ns: int = 0
    is_alone: bool = False

    def here(self, moment_ns: int, other: "Span") -> int:
        """Return a moment of the other's clock as one of ours."""
        return moment_ns if other.clock == self.clock else moment_ns + other.offset_ns - self.offset_ns

    def skew_ns(self, other: "Span") -> int:
        """Return by how much moments of the two may differ without meaning anything."""
        return 0 if other.clock == self.clock else SKEW_NS


def verdict(one: Span, other: Span, *, ended_on_purpose: Sequence[Span]) -> Verdict:
    """Return what the later of the two is guilty of: nothing, an overlap that was declared, or a duplicate."""
    earlier, later = (one, other) if other.here(one.started_ns, one) <= other.started_ns else (other, one)
    overlap_ns = min(earlier.ended_ns, earlier.here(later.ended_ns, later)) - earlier.here(later.started_ns, later)
    if overlap_ns <= earlier.skew_ns(later):
        return ""
    return "declared" if _is_declared(earlier, later, ended_on_purpose) else "duplicate"


def _is_declared(earlier: Span, later: Span, ended_on_purpose: Sequence[Span]) -> bool:
    if earlier.process != later.process and (earlier.is_alone or later.is_alone):
        return True
    successor_ns = earlier.here(later.started_ns, later) + earlier.skew_ns(later)
    if earlier.let_go_ns and earlier.let_go_ns <= successor_ns:
        return True
    return any(_lies_between(mark, earlier, later) for mark in ended_on_purpose)


def _lies_between(mark: Span, earlier: Span, later: Span) -> bool:
    begins_in_time = mark.started_ns <= mark.here(later.started_ns, later) + mark.skew_ns(later)
    return begins_in_time and mark.ended_ns + mark.skew_ns(earlier) >= mark.here(earlier.started_ns, earlier)
