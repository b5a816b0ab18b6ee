"""Writing a batch of rows in one short transaction; what is there already is left as it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.chat.imports.authors import Authors, ImportedAuthor
from apps.chat.imports.known import Entry, Look, look, unknown
from apps.chat.imports.pace import Pace
from apps.chat.imports.target import GoneError, Target, Wanted, locked_targets
from apps.chat.markdown import rendered
from apps.chat.models import Membership
from apps.chat.sequence import advance, stored

ATTEMPTS = 5
INSERT = (
    "INSERT INTO chat_message (conversation_id, sequence, author_id, author_name, role, text, html, import_key,"
    " created_at, is_dated) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
READ_BY_OWNER = (
    "UPDATE chat_membership SET last_read_sequence = %s"
    " WHERE user_id = %s AND conversation_id = %s AND last_read_sequence = %s"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An entry with all that is worked out before any lock is taken."""

    entry: Entry
    author: ImportedAuthor
    html: str
    created_at: datetime


class BatchWriter:
    """Writes batches for one owner: numbers without a gap, nothing twice, read by the owner."""

    def __init__(self, *, owner_id: int, authors: Authors, pace: Pace) -> None:
        self._owner_id = owner_id
        self._authors = authors
        self._pace = pace
        self._started_at = timezone.now()

    def write(self, entries: list[Entry], *, beside: Callable[[int], None]) -> int:
        """Store what is unknown and return how many that were; `beside` is called in the same transaction with it.

        Blocks while others send into the same conversations. Nothing is rendered while a lock is held. Raises
        GoneError when conversations are deleted faster than they can be written.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                return self._attempt(entries, beside)
            except GoneError:
                continue
        return self._attempt(entries, beside)

    def _attempt(self, entries: list[Entry], beside: Callable[[int], None]) -> int:
        seen = look(owner_id=self._owner_id, entries=entries)
        pages = self._pages(seen.fresh)
        with transaction.atomic():
            count = self._stored(pages, seen) if pages else 0
            beside(count)
        return count

    def _pages(self, entries: list[Entry]) -> list[Page]:
        authors = self._authors.of([entry.row for entry in entries])
        return [self._page(entry, author) for entry, author in zip(entries, authors, strict=True)]

    def _page(self, entry: Entry, author: ImportedAuthor) -> Page:
        html = rendered(entry.row.text)
        self._pace.step()
        return Page(entry=entry, author=author, html=html, created_at=entry.row.sent_at or self._started_at)

    def _stored(self, pages: list[Page], seen: Look) -> int:
        targets = locked_targets(owner_id=self._owner_id, wanted=_wanted(pages))
        changed = {name: target for name, target in targets.items() if not seen.is_current(name, target)}
        if changed:
            fresh = {id(entry) for entry in unknown([page.entry for page in pages], changed)}
            pages = [page for page in pages if id(page.entry) in fresh]
        ends = _insert(pages, targets)
        self._mark_read(targets, ends)
        _join(pages, targets, ends)
        return len(pages)

    def _mark_read(self, targets: Mapping[str, Target], ends: Mapping[str, int]) -> None:
        """Let the owner have read what the owner brought in, unless there was unread before it."""
        rows = [(end, self._owner_id, targets[name].id, targets[name].last_sequence) for name, end in ends.items()]
        with connection.cursor() as cursor:
            cursor.executemany(READ_BY_OWNER, rows)


def _wanted(pages: list[Page]) -> list[Wanted]:
    first: dict[str, Page] = {}
    for page in pages:
        first.setdefault(page.entry.row.conversation, page)
    return [Wanted(name=name, title=page.entry.row.title, created_at=page.created_at) for name, page in first.items()]


def _insert(pages: list[Page], targets: Mapping[str, Target]) -> dict[str, int]:
    """Insert the pages behind what is there and return the last number of each conversation that got any."""
    ends: dict[str, int] = {}
    latest: dict[str, datetime] = {}
    values = []
    for page in pages:
        name = page.entry.row.conversation
        ends[name] = ends.get(name, targets[name].last_sequence) + 1
        latest[name] = max(page.created_at, latest.get(name, page.created_at))
        values.append(_values(page, targets[name].id, ends[name]))
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, values)
    for name, end in ends.items():
        advance(conversation_id=targets[name].id, last_sequence=end, last_message_at=latest[name])
    return ends


def _values(page: Page, conversation_id: int, sequence: int) -> tuple[Any, ...]:
    row = page.entry.row
    moment = stored(page.created_at)
    is_dated = row.sent_at is not None
    return (
        conversation_id, sequence, *page.author, row.role, row.text, page.html, page.entry.key, moment, is_dated
    )  # fmt: skip


def _join(pages: list[Page], targets: Mapping[str, Target], ends: Mapping[str, int]) -> None:
    """Make users who are linked as authors members, unread from now on."""
    pairs = {(page.entry.row.conversation, page.author.user_id) for page in pages if page.author.user_id}
    Membership.objects.bulk_create(
        (
            Membership(conversation_id=targets[name].id, user_id=user_id, last_read_sequence=ends[name])
            for name, user_id in sorted(pairs)
        ),
        ignore_conflicts=True,
    )
