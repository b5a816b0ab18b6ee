"""Kept traces to the database, in batches, by a thread of its own; and out of it when they are old."""

import logging
from datetime import timedelta
from threading import Thread
from time import monotonic

from django.db import connection
from django.utils import timezone

from apps.monitoring.models import TraceSegment
from apps.monitoring.policy.traces import TRACES
from apps.monitoring.tracing.backlog import Backlog
from apps.monitoring.tracing.keeping import Kept
from apps.monitoring.tracing.segment import row_of

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 0.5
BATCH_SPANS = 1_000
PRUNE_SECONDS = 600.0
PRUNE_ROWS = 500
STOP_SECONDS = 3.0


class TraceWriter:
    """What the database does not take is dropped and counted."""

    def __init__(self, process: str) -> None:
        self.backlog = Backlog()
        self._process = process
        self._pruned_at = -PRUNE_SECONDS
        self._is_failing = False
        self._thread = Thread(target=self._run, name="traces", daemon=True)

    def start(self) -> None:
        """Begin; does not block."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits and end; blocks for three seconds at most."""
        self.backlog.close()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def prune(self) -> int:
        """Delete what is older than the policy says, in short transactions; return how many. Blocks."""
        oldest = timezone.now() - timedelta(hours=TRACES.current.retention_hours)
        deleted = 0
        while True:
            keys = TraceSegment.objects.filter(started_at__lt=oldest).values_list("pk", flat=True)[:PRUNE_ROWS]
            count, _ = TraceSegment.objects.filter(pk__in=list(keys)).delete()
            deleted += count
            if count < PRUNE_ROWS:
                return deleted

    def _run(self) -> None:
        while (taken := self.backlog.take(PAUSE_SECONDS, BATCH_SPANS)) is not None:
            is_due = monotonic() - self._pruned_at > PRUNE_SECONDS
            if taken or is_due:
                self._write(taken, is_due=is_due)
                connection.close()

    def _write(self, taken: list[Kept], *, is_due: bool) -> None:
        try:
            if taken:
                TraceSegment.objects.bulk_create([row_of(one, self._process) for one in taken])
                self._is_failing = False
            if is_due:
                self._pruned_at = monotonic()
                self.prune()
        except Exception:  # what cannot be written is counted, and the next batch may be
            self.backlog.lose(sum(one.size for one in taken))
            if not self._is_failing:
                logger.exception("Traces cannot be written")
            self._is_failing = True
