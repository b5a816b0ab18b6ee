"""Who runs an import: one at a time, known by the heartbeat it wrote last; a runner that is dead is replaced.

The heartbeat is the fence: a runner whose heartbeat is no longer the one in the row has been replaced, and the batch it
was about to commit is rolled back. Were two to run all the same, nothing would be doubled: rows are known by content.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.chat.imports.outcome import Outcome
from apps.chat.models import Import

LEASE = timedelta(seconds=60)
FAILURE_MAX_CHARACTERS = 500


class SupersededError(Exception):
    """Another runner has taken the import over, or it was deleted."""


class Claim:
    """The right to run an import, and the only writer of its progress."""

    def __init__(self, record: Import, heartbeat_at: datetime) -> None:
        self.record = record
        self._heartbeat_at = heartbeat_at
        self._imported_before = record.rows_imported
        self._refusals_written = -1

    def report(self, outcome: Outcome) -> None:
        """Write how far the run is; raise SupersededError when it is no longer ours. One query."""
        self._write(**self._progress(outcome))

    def finish(self, outcome: Outcome) -> None:
        """Write the result; the upload is read to its end."""
        self._end(Import.State.FINISHED, **{**self._progress(outcome), "read_bytes": self.record.size_bytes})

    def fail(self, reason: str) -> None:
        """Write why the file as a whole is refused; what was counted so far stays."""
        self._end(Import.State.FAILED, failure=reason[:FAILURE_MAX_CHARACTERS])

    def release(self) -> None:
        """Put the import back among the waiting, for another runner at once."""
        self._write(state=Import.State.WAITING)

    def _end(self, state: Import.State, **values: Any) -> None:
        self._write(**{**values, "state": state, "finished_at": timezone.now()})
        remove_upload(self.record)

    def _progress(self, outcome: Outcome) -> dict[str, Any]:
        """Return the columns. What an earlier, killed run of this import stored is met again: it counts as imported."""
        before = self._imported_before
        values: dict[str, Any] = {
            "read_bytes": min(outcome.read_bytes, self.record.size_bytes),
            "rows_imported": before + outcome.imported,
            "rows_known": max(0, outcome.known - before),
            "rows_refused": outcome.refused,
        }
        if len(outcome.refusals) != self._refusals_written:
            values["refusals"] = [{"line": row.line, "reason": row.reason} for row in outcome.refusals]
            self._refusals_written = len(outcome.refusals)
        return values

    def _write(self, **values: Any) -> None:
        now = _later(self._heartbeat_at)
        ours = Import.objects.filter(pk=self.record.pk, state=Import.State.RUNNING, heartbeat_at=self._heartbeat_at)
        if not ours.update(**{"heartbeat_at": now, **values}):
            raise SupersededError
        self._heartbeat_at = now


def claimed(import_id: int) -> Claim | None:
    """Return the claim on an import that waits or whose runner has been silent for the lease; None otherwise."""
    now = timezone.now()
    is_free = Q(state=Import.State.WAITING) | Q(state=Import.State.RUNNING, heartbeat_at__lt=now - LEASE)
    if not Import.objects.filter(is_free, pk=import_id).update(state=Import.State.RUNNING, heartbeat_at=now):
        return None
    return Claim(Import.objects.get(pk=import_id), now)


def remove_upload(record: Import) -> None:
    """Delete the uploaded file; one that is gone already is no error."""
    if record.upload:
        record.upload.storage.delete(record.upload.name or "")
        Import.objects.filter(pk=record.pk).update(upload="")


def leave_no_upload(*, instance: Import, **_: Any) -> None:
    """Once an import's row is gone for good, with its owner or by the admin, delete its file. Receives post_delete."""
    upload = instance.upload
    if upload:
        transaction.on_commit(lambda: upload.storage.delete(upload.name or ""))


def _later(before: datetime) -> datetime:
    """Return the time, never the same twice: two heartbeats must differ."""
    return max(timezone.now(), before + timedelta(microseconds=1))
