"""Bring files of conversations in: ask for it, look how it goes, run it."""

import logging
from collections.abc import Callable
from contextlib import closing
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from uuid import uuid4

from django.db import OperationalError, transaction

from apps.chat.exceptions import ConflictError, InvalidError, NotFoundError
from apps.chat.imports.claim import Claim, SupersededError, claimed
from apps.chat.imports.detection import AUTO, checked_format, detected_format
from apps.chat.imports.limits import MEBIBYTE, operator_limits, upload_limits
from apps.chat.imports.outcome import Outcome
from apps.chat.imports.pace import Pace, StoppedError, Unhindered
from apps.chat.imports.run import Job, run_job
from apps.chat.imports.source import check_packing, opened
from apps.chat.models import Import
from apps.chat.records import ImportRecord, RefusedRow
from apps.chat.signals import import_requested
from apps.chat.text import checked_line

if TYPE_CHECKING:
    from django.core.files import File

logger = logging.getLogger(__name__)
FILENAME_MAX_CHARACTERS = 255
UNFINISHED_MAX = 10
LIST_MAX_IMPORTS = 100
# A request looks into this much of a packed file; the task looks into all of it before it writes anything.
GLANCE_BYTES = 64 * MEBIBYTE


class Ended(Enum):
    """How a run of an import ended."""

    DONE = "done"  # finished or failed: the row says which
    BUSY = "busy"  # another runner has it
    STOPPED = "stopped"  # this process is to end: the import waits for another


def request_import(
    *,
    user_id: int,
    filename: str,
    upload: "File[bytes]",
    format: str = AUTO,  # noqa: A002
    is_dry_run: bool = False,
) -> ImportRecord:
    """Keep the upload and have it imported by a task after the commit; return the import that waits.

    Raises InvalidError naming `file` or `format`, or ConflictError when too many of the user's imports wait already.
    """
    filename = checked_line("file", Path(filename).name, maximum=FILENAME_MAX_CHARACTERS)
    found = _glance(cast("BinaryIO", upload), filename=filename, wanted=checked_format(format))
    record = Import(owner_id=user_id, filename=filename, format=found, is_dry_run=is_dry_run, size_bytes=upload.size)
    if Import.objects.filter(owner_id=user_id, finished_at=None).count() >= UNFINISHED_MAX:
        raise ConflictError(f"{UNFINISHED_MAX} of your imports are not finished yet; wait for one.")
    upload.seek(0)
    record.upload.save(uuid4().hex, upload, save=False)
    try:
        _save(record)
    except BaseException:
        # Nothing refers to the file yet: whatever ended this, it must not stay.
        record.upload.storage.delete(record.upload.name or "")
        raise
    return _record(record)


def get_import(*, user_id: int, import_id: int) -> ImportRecord:
    """Return one of the user's imports; raise NotFoundError."""
    found = Import.objects.filter(pk=import_id, owner_id=user_id).first()
    if found is None:
        raise NotFoundError("There is no such import.")
    return _record(found)


def list_imports(*, user_id: int, limit: int = 20) -> list[ImportRecord]:
    """Return the user's imports, the latest first (one query); raise InvalidError for a limit out of bounds."""
    if not 1 <= limit <= LIST_MAX_IMPORTS:
        raise InvalidError("limit", f"must be from 1 to {LIST_MAX_IMPORTS}.")
    return [_record(row) for row in Import.objects.filter(owner_id=user_id).order_by("-pk")[:limit]]


def run_import(*, import_id: int, pace: Pace) -> Ended:
    """Run an import that waits, or take over one whose runner died. Blocks for as long as the file takes.

    Raises OperationalError when the database fails: the import stays as it is and can be run again after the lease.
    Every other end is written to the import.
    """
    claim = claimed(import_id)
    if claim is None:
        is_over = not Import.objects.filter(pk=import_id, finished_at=None).exists()
        return Ended.DONE if is_over else Ended.BUSY
    try:
        _run(claim, pace)
    except SupersededError:
        return Ended.BUSY
    except StoppedError:
        claim.release()
        return Ended.STOPPED
    return Ended.DONE


def import_file(
    *,
    path: Path,
    owner_id: int,
    format: str = AUTO,  # noqa: A002
    is_dry_run: bool = False,
    report: Callable[[Outcome], None],
) -> Outcome:
    """Import a file of the operator's at once and return what came of it; its authors become users where they are some.

    Raises InvalidError naming `file` or `format`, and OSError. `report` is called after each batch. Blocks.
    """
    with path.open("rb") as file:
        limits = operator_limits()
        limits.check_size(path.stat().st_size)
        job = Job(
            file=file,
            filename=path.name,
            format=checked_format(format),
            owner_id=owner_id,
            limits=limits,
            pace=Unhindered(),
            is_dry_run=is_dry_run,
            links_users=True,
        )
        return run_job(job, report=report)


def _glance(file: BinaryIO, *, filename: str, wanted: str) -> str:
    """Return the format of an upload; raise InvalidError for what can be told without reading all of it."""
    limits = upload_limits()
    limits.check_size(int(getattr(file, "size", 0)))
    check_packing(file, limits=limits, at_most_bytes=GLANCE_BYTES)
    with opened(file, limits=limits) as source:
        return detected_format(source, filename=filename, wanted=wanted)


def _save(record: Import) -> None:
    with transaction.atomic():
        record.save()
        transaction.on_commit(lambda: import_requested.send(sender=Import, import_id=record.pk))


def _run(claim: Claim, pace: Pace) -> None:
    record = claim.record
    try:
        with closing(record.upload.storage.open(record.upload.name or "")) as file:
            claim.finish(run_job(_job(record, cast("BinaryIO", file), pace), report=claim.report))
    except FileNotFoundError:
        claim.fail("file: the upload is no longer there.")
    except InvalidError as error:
        claim.fail(f"{error}{_kept(record)}")
    except (OperationalError, SupersededError, StoppedError):
        raise
    except Exception:
        # A mistake of ours: told in the log and in the import, which would else seem to run for ever.
        logger.exception("import %s failed", record.pk)
        claim.fail(f"An unexpected error stopped the import.{_kept(record)}")


def _job(record: Import, file: BinaryIO, pace: Pace) -> Job:
    return Job(
        file=file,
        filename=record.filename,
        format=record.format,
        owner_id=record.owner_id,
        limits=upload_limits(),
        pace=pace,
        is_dry_run=record.is_dry_run,
    )


def _kept(record: Import) -> str:
    stored = Import.objects.filter(pk=record.pk, is_dry_run=False, rows_imported__gt=0).exists()
    return " The rows before it are kept." if stored else ""


def _record(row: Import) -> ImportRecord:
    return ImportRecord(
        id=row.pk,
        filename=row.filename,
        format=row.format,
        state=row.state,  # type: ignore[arg-type]
        failure=row.failure,
        is_dry_run=row.is_dry_run,
        size_bytes=row.size_bytes,
        read_bytes=row.read_bytes,
        rows_imported=row.rows_imported,
        rows_known=row.rows_known,
        rows_refused=row.rows_refused,
        refusals=[RefusedRow(line=refusal["line"], reason=refusal["reason"]) for refusal in row.refusals],
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
