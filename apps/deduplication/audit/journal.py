"""Executions in the database: written in batches, judged once both sides of an overlap are known, pruned."""

import os
import socket
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import combinations
from pathlib import Path

from django.db import transaction

from apps.deduplication.audit.execution import Execution
from apps.deduplication.audit.overlap import Span, verdict
from apps.deduplication.models import FlightExecution

BATCH = 500
JUDGED_AT_ONCE = 2_000
DEAD_AFTER = timedelta(seconds=10)
KEPT, KEPT_FINDINGS = timedelta(hours=1), timedelta(days=30)
PRUNED_AT_ONCE = 5_000
BOOT = Path("/proc/sys/kernel/random/boot_id")


@cache
def clock_name() -> str:
    """Return the name of this machine's monotonic clock: the boot it counts from."""
    return BOOT.read_text().strip() if BOOT.exists() else f"{socket.gethostname()}:{os.getpid()}"


class Journal:
    """Of one process. Its methods query the database and block for it."""

    def __init__(self) -> None:
        self._host, self._pid = socket.gethostname()[:255], os.getpid()
        self._rows: dict[Execution, int] = {}

    def write(self, *, ended: Sequence[Execution], running: Sequence[Execution]) -> None:
        """Store what has ended, and that what runs still runs; in one transaction."""
        with transaction.atomic():
            numbers = {execution: self._saved(execution, is_running=True) for execution in running}
            known = [execution for execution in ended if execution in self._rows]
            for execution in known:
                self._saved(execution, is_running=False)
            fresh = [self._row(one, is_running=False) for one in ended if one not in self._rows]
            FlightExecution.objects.bulk_create(fresh, batch_size=BATCH)
        self._rows.update(numbers)
        for execution in known:
            del self._rows[execution]

    def judge(self) -> int:
        """Judge what has ended, our own and what a process left behind; return how many duplicates were found.

        Two queries for all keys of a batch: two for each key were more than the whole site asked otherwise.
        """
        now = datetime.now(UTC)
        unjudged = FlightExecution.objects.filter(is_judged=False).order_by("id")[:JUDGED_AT_ONCE]
        rows = [row for row in unjudged if self._is_due(row, now)]
        return sum(self._judge_batch(rows[start : start + BATCH], now) for start in range(0, len(rows), BATCH))

    def prune(self) -> None:
        """Delete what is old; findings are kept longer."""
        now = datetime.now(UTC)
        clean = FlightExecution.objects.filter(verdict="", seen_at__lt=now - KEPT)
        found = FlightExecution.objects.filter(seen_at__lt=now - KEPT_FINDINGS)
        for old in (clean, found):
            numbers = list(old.order_by("seen_at").values_list("pk", flat=True)[:PRUNED_AT_ONCE])
            FlightExecution.objects.filter(pk__in=numbers).delete()

    def _is_due(self, row: FlightExecution, now: datetime) -> bool:
        is_ours = (row.host, row.pid) == (self._host, self._pid)
        return not _still_runs(row, now) and (is_ours or now - row.seen_at > DEAD_AFTER)

    def _judge_batch(self, rows: list[FlightExecution], now: datetime) -> int:
        """Hold unjudged executions against those near them; whatever is beside one that still runs waits for it."""
        near = _by_digest(_near(rows))
        found = sum(_compared(of_key, now) for of_key in near.values())
        waiting = {digest for digest, of_key in near.items() if any(_still_runs(row, now) for row in of_key)}
        over = [row.pk for row in rows if row.digest not in waiting]
        FlightExecution.objects.filter(pk__in=over).update(is_judged=True)
        return found

    def _saved(self, execution: Execution, *, is_running: bool) -> int:
        row = self._row(execution, is_running=is_running)
        row.pk = self._rows.get(execution)
        if row.pk is None:
            row.save(force_insert=True)
        else:
            row.save(update_fields=["ended_ns", "let_go_ns", "is_running", "is_alone", "seen_at"])
        return int(row.pk)

    def _row(self, execution: Execution, *, is_running: bool) -> FlightExecution:
        offset_ns = time.time_ns() - time.monotonic_ns()
        ended_ns = execution.ended_ns or time.monotonic_ns()
        return FlightExecution(
            scope=execution.scope,
            digest=execution.digest,
            token=execution.token,
            host=self._host,
            pid=self._pid,
            clock=clock_name(),
            offset_ns=offset_ns,
            started_ns=execution.started_ns,
            ended_ns=ended_ns,
            let_go_ns=execution.let_go_ns,
            is_running=is_running,
            is_alone=execution.is_alone,
            started_at=_moment(execution.started_ns + offset_ns),
            seen_at=_moment(ended_ns + offset_ns),
        )


def duplicates_since(moment: datetime) -> int:
    """Return how many duplicates ended since a moment, in all processes. One query."""
    return FlightExecution.objects.filter(verdict="duplicate", seen_at__gte=moment).count()


def span(row: FlightExecution) -> Span:
    """Return a row as the judge sees it."""
    return Span(
        process=f"{row.host}:{row.pid}",
        clock=row.clock,
        offset_ns=row.offset_ns,
        started_ns=row.started_ns,
        ended_ns=row.ended_ns,
        let_go_ns=row.let_go_ns,
        is_alone=row.is_alone,
    )


def _near(rows: Sequence[FlightExecution]) -> list[FlightExecution]:
    """Return the rows of the same keys that could overlap one of these. One query."""
    since = {digest: min(row.started_at for row in own) - DEAD_AFTER for digest, own in _by_digest(rows).items()}
    found = FlightExecution.objects.filter(digest__in=since, seen_at__gte=min(since.values())).order_by("id")
    return [row for row in found if row.seen_at >= since[row.digest]]


def _by_digest(rows: Iterable[FlightExecution]) -> dict[str, list[FlightExecution]]:
    found: dict[str, list[FlightExecution]] = defaultdict(list)
    for row in rows:
        found[row.digest].append(row)
    return found


def _compared(near: Sequence[FlightExecution], now: datetime) -> int:
    """Note the overlaps of one key's executions; return how many duplicates are new."""
    marks = [span(row) for row in near if not row.token]
    over = [row for row in near if row.token and not _still_runs(row, now)]
    return sum(_mark(one, other, marks) for one, other in combinations(over, 2))


def _still_runs(row: FlightExecution, now: datetime) -> bool:
    """Return whether more is to come: one not seen for a while was killed, and ended when it was last seen."""
    return row.is_running and now - row.seen_at <= DEAD_AFTER


def _mark(one: FlightExecution, other: FlightExecution, marks: Iterable[Span]) -> int:
    """Note an overlap at the later of two executions; return 1 for a duplicate that nobody had noted before."""
    found = verdict(span(one), span(other), ended_on_purpose=tuple(marks))
    if not found:
        return 0
    earlier, later = sorted((one, other), key=lambda row: row.started_at)
    unnoted = FlightExecution.objects.filter(pk=later.pk).exclude(verdict="duplicate")
    if found == "declared":
        unnoted = unnoted.filter(verdict="")
    noted = unnoted.update(verdict=found, overlapped=earlier.pk)
    return noted if found == "duplicate" else 0


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
