"""At its end a trace is kept or forgotten: chosen by chance, slow, or failed."""

import logging
from collections import Counter
from time import time_ns

from apps.monitoring.models import TraceSegment
from apps.monitoring.policy.traces import TRACES
from apps.monitoring.tracing.backlog import Backlog
from apps.monitoring.tracing.span import Root
from apps.monitoring.tracing.trace import Late, Trace
from apps.monitoring.visit import Visit

logger = logging.getLogger(__name__)
Kind, Why = TraceSegment.Kind, TraceSegment.Why
BILLION = 1_000_000_000
SEGMENT = "perfsite.segment"  # a detail of a root: its kind of segment, where it is no task


class Kept:
    """A segment that is kept, and what it was about. `root` is there unless it was a request."""

    __slots__ = ("end_ns", "is_error", "kind", "root", "start", "trace", "visit", "why")

    def __init__(self, trace: Trace, *, start: int, end_ns: int, why: str, is_error: bool) -> None:
        self.trace, self.start, self.end_ns, self.why, self.is_error = trace, start, end_ns, why, is_error
        self.kind: str = Kind.REQUEST
        self.visit: Visit | None = None
        self.root: Root | None = None

    @property
    def size(self) -> int:
        """How many spans it has."""
        return 1 + len(self.trace.spans or ())


class Keeping:
    """Hands what is kept to those who store and send it, so many in a second."""

    def __init__(self, *backlogs: Backlog) -> None:
        self.backlogs = backlogs
        self.kept: Counter[str] = Counter()
        self.refused = 0
        self._second = self._in_second = self._by_chance = 0

    def keep_request(self, visit: Visit, why: str, *, is_error: bool) -> None:
        """Keep a request, and log it where it was slow, or failed without anybody's having said so."""
        if not self._has_room(why):
            return
        start, trace = int(visit.at * BILLION), visit.trace
        kept = Kept(trace, start=start, end_ns=start + int(visit.seconds * BILLION), why=why, is_error=is_error)
        kept.visit, visit.is_kept = visit, True
        self._keep(kept)
        if why == Why.SLOW or (why == Why.FAILED and visit.error is None):  # of an error Django has told
            facts = {"method": visit.method, "status": visit.status, "seconds": round(visit.seconds, 3)}
            logger.warning("%s request", why, extra=facts)

    def end_root(self, root: Root) -> None:
        """Judge a task, a message or a reply that is over."""
        trace = root.trace
        trace.close(root.end_ns)
        why = why_kept(trace, (root.end_ns - root.start) / BILLION, is_error=root.is_error)
        if why and self._has_room(why):
            kept = Kept(trace, start=root.start, end_ns=root.end_ns, why=why, is_error=root.is_error)
            kept.kind, kept.root = root.details.get(SEGMENT, Kind.TASK), root
            self._keep(kept)

    def dropped(self) -> int:
        """Return how many spans could not be kept: late ones, those beyond a bound, those nobody could take."""
        return Late.spans + self.refused + sum(backlog.dropped for backlog in self.backlogs)

    def _has_room(self, why: str) -> bool:
        """Return whether one more may be kept in this second. Half of the places are for the slow and the failed.

        An answer tells its trace's id and that it is kept: who sends that id again and again is kept each time.
        """
        second = time_ns() // BILLION
        if second != self._second:
            self._second, self._in_second, self._by_chance = second, 0, 0
        limit, is_by_chance = TRACES.current.kept_per_second, why == Why.SAMPLED
        if self._in_second >= limit or (is_by_chance and self._by_chance >= max(1, limit // 2)):
            self.refused += 1
            return False
        self._in_second += 1
        self._by_chance += is_by_chance
        return True

    def _keep(self, kept: Kept) -> None:
        self.kept[kept.why] += 1
        for backlog in self.backlogs:
            backlog.put(kept)


def why_kept(trace: Trace, seconds: float, *, is_error: bool) -> str:
    """Return why a segment that is over is to be kept, empty where it is not."""
    policy = TRACES.current
    if is_error and policy.is_failure_kept:
        return Why.FAILED
    if seconds >= policy.slow_seconds:
        return Why.SLOW
    return Why.SAMPLED if trace.is_chosen else ""
