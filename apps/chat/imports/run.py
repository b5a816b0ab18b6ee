"""A file from its first row to its last, batch by batch."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO

from apps.chat.imports.authors import Authors
from apps.chat.imports.batch import BatchWriter
from apps.chat.imports.chatgpt_rows import chatgpt_rows
from apps.chat.imports.csv_rows import csv_rows
from apps.chat.imports.detection import Format, detected_format
from apps.chat.imports.identity import Identity
from apps.chat.imports.jsonl_rows import jsonl_rows
from apps.chat.imports.known import Entry, look
from apps.chat.imports.limits import Limits
from apps.chat.imports.outcome import Count, Outcome
from apps.chat.imports.pace import Pace
from apps.chat.imports.row import Row
from apps.chat.imports.source import Source, check_packing, opened
from apps.chat.imports.tally import Tally
from apps.chat.models import User
from apps.chat.records import RefusedRow
from apps.chat.statistics import import_rows

# A transaction of so many rows takes 25 to 50 ms: senders into the same database hardly notice, and enough rows share
# the commit's fsync, which takes as long as inserting several hundred.
BATCH_ROWS = 1000
BATCH_CHARACTERS = 1_000_000

Report = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A file, whose it becomes, and how it is to be read."""

    file: BinaryIO
    filename: str
    format: str
    owner_id: int
    limits: Limits
    pace: Pace
    is_dry_run: bool = False
    links_users: bool = False


def run_job(job: Job, *, report: Report) -> Outcome:
    """Read the whole file and return what came of it. Blocks for as long as that takes.

    `report` is called after each batch inside its transaction, so that what it writes is true exactly when the rows are
    there. Raises InvalidError when the file as a whole is refused; what earlier batches wrote stays.
    """
    check_packing(job.file, limits=job.limits)
    with ExitStack() as stack:
        tally = stack.enter_context(Tally())
        source = stack.enter_context(opened(job.file, limits=job.limits))
        return _Run(job, source, tally, report).outcome()


class _Run:
    """One pass over a file."""

    def __init__(self, job: Job, source: Source, tally: Tally, report: Report) -> None:
        owner = User.objects.get(pk=job.owner_id)
        self._job, self._source, self._report = job, source, report
        self._rows = _rows(job, source, tally)
        self._identity = Identity(owner_name=owner.get_username(), tally=tally)
        authors = Authors(owner=owner, links_users=job.links_users)
        self._writer = BatchWriter(owner_id=job.owner_id, authors=authors, pace=job.pace)
        self._count, self._told = Count(), Counter[str]()

    def outcome(self) -> Outcome:
        """Take every row and return what came of all."""
        entries: list[Entry] = []
        characters = taken = 0
        for row in self._rows:
            taken += 1
            if isinstance(row, Row):
                entries.append(Entry(row=row, key=self._identity.key(row)))
                characters += len(row.text)
            else:
                self._count.add_refusal(row)
            self._job.pace.step()
            if taken >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
                self._finish_batch(entries)
                entries, characters, taken = [], 0, 0
        self._finish_batch(entries)
        return self._so_far()

    def _finish_batch(self, entries: list[Entry]) -> None:
        if self._job.is_dry_run:
            self._count_batch(entries, self._unseen(entries))
        else:
            self._writer.write(entries, beside=lambda stored: self._count_batch(entries, stored))
            self._tell()

    def _count_batch(self, entries: list[Entry], stored: int) -> None:
        self._count.imported += stored
        self._count.known += len(entries) - stored
        self._report(self._so_far())

    def _tell(self) -> None:
        """Tell whoever watches what came since the last time; a batch is committed by then."""
        count = self._count
        so_far = Counter(imported=count.imported, known=count.known, refused=count.refused)
        import_rows.update(so_far - self._told)
        self._told = so_far

    def _unseen(self, entries: list[Entry]) -> int:
        """Return how many rows would be stored: what the database lacks and the file has not had before."""
        fresh = {id(entry) for entry in look(owner_id=self._job.owner_id, entries=entries).fresh}
        return sum(not self._identity.is_repeated(entry.key) and id(entry) in fresh for entry in entries)

    def _so_far(self) -> Outcome:
        return self._count.outcome(read_bytes=self._source.position())


def _rows(job: Job, source: Source, tally: Tally) -> Iterator[Row | RefusedRow]:
    name: Format = detected_format(source, filename=job.filename, wanted=job.format)
    if name == "csv":
        return csv_rows(source.text)
    return (jsonl_rows if name == "jsonl" else chatgpt_rows)(source.text, tally=tally)
