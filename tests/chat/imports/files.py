"""Files to import, made in memory, and a short way to import them."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from apps.chat.imports.csv_rows import COLUMNS, csv_rows
from apps.chat.imports.limits import upload_limits
from apps.chat.imports.outcome import Outcome
from apps.chat.imports.pace import Unhindered
from apps.chat.imports.row import Row
from apps.chat.imports.run import Job, Report, run_job
from apps.chat.models import Message, User
from apps.chat.records import RefusedRow

HEADER = ",".join(COLUMNS)


def csv_bytes(*rows: Sequence[str]) -> bytes:
    """Return a CSV file with the usual header."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([COLUMNS, *rows])
    return buffer.getvalue().encode()


def line(
    text: str, *, conversation: str = "c", author: str = "zoe", role: str = "user", sent_at: str = ""
) -> list[str]:
    """Return the cells of one row."""
    return [conversation, author, role, sent_at, text]


def jsonl_bytes(*dialogues: Any) -> bytes:
    """Return a JSONL file."""
    return "".join(f"{json.dumps(dialogue)}\n" for dialogue in dialogues).encode()


def dialogue(*messages: tuple[str, Any], **more: Any) -> dict[str, Any]:
    """Return a dialogue of (role, content) pairs."""
    return {**more, "messages": [{"role": role, "content": content} for role, content in messages]}


def zipped(**members: bytes) -> bytes:
    """Return a zip; a double underscore in a name stands for the dot."""
    return zip_of((name.replace("__", "."), data) for name, data in members.items())


def zip_of(members: Iterable[tuple[Any, bytes]], **options: Any) -> bytes:
    """Return a zip of (name or ZipInfo, content) pairs."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def gzipped(data: bytes) -> bytes:
    """Return the data as a .gz."""
    return gzip.compress(data, mtime=0)


def imported(
    owner: User,
    data: bytes,
    filename: str = "chat.csv",
    report: Report = lambda _: None,
    **options: Any,
) -> Outcome:
    """Import a file as its owner."""
    job = {
        "file": io.BytesIO(data),
        "filename": filename,
        "format": "auto",
        "owner_id": owner.pk,
        "limits": upload_limits(),
        "pace": Unhindered(),
        **options,
    }
    return run_job(Job(**job), report=report)


def counts(outcome: Outcome) -> tuple[int, int, int]:
    """Return how many rows were imported, known and refused."""
    return outcome.imported, outcome.known, outcome.refused


def reasons(outcome: Outcome) -> list[tuple[int, str]]:
    """Return the refusals as (line, reason)."""
    return [(refusal.line, refusal.reason) for refusal in outcome.refusals]


def texts(conversation: str = "c") -> list[str]:
    """Return the texts stored in the conversation of this source id, in order."""
    rows = Message.objects.filter(conversation__source_id=conversation).order_by("sequence")
    return list(rows.values_list("text", flat=True))


def parsed_csv(text: str) -> list[Row | RefusedRow]:
    """Return what a CSV text is split into."""
    return list(csv_rows(io.StringIO(text, newline="")))
