"""Writing a batch of rows in one short transaction; what is there already is left as it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.chat.imports.authors import Authors, ImportedAuthor
from apps.chat.imports.known import Entry, Look, look, unknown
from apps.chat.imports.pace import Pace
from apps.chat.imports.table import Advance, advance_conversations, insert_messages, mark_read
from apps.chat.imports.target import GoneError, Target, Wanted, locked_targets
from apps.chat.invalidation import conversations_change, lists_change, marker_moves, membership_changes
from apps.chat.live.publication import access_changed, conversation_grew
from apps.chat.markdown import rendered
from apps.chat.models import Membership
from apps.chat.sequence import Numbers, stored

ATTEMPTS = 5


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
        seen.check_still_there(targets)
        changed = {name: target for name, target in targets.items() if not seen.is_current(name, target)}
        if changed:
            fresh = {id(entry) for entry in unknown([page.entry for page in pages], changed)}
            pages = [page for page in pages if id(page.entry) in fresh]
        if pages:
            advances = _inserted(pages, targets)
            for advance in advances:
                marker_moves(advance.conversation_id, self._owner_id)
            mark_read(advances, user_id=self._owner_id)
            _join(pages, {advance.conversation_id: advance.after for advance in advances}, targets)
            _tell(advances, targets)
        return len(pages)


def _wanted(pages: list[Page]) -> list[Wanted]:
    first: dict[str, Page] = {}
    for page in pages:
        first.setdefault(page.entry.row.conversation, page)
    return [Wanted(name=name, title=page.entry.row.title, created_at=page.created_at) for name, page in first.items()]


def _inserted(pages: list[Page], targets: Mapping[str, Target]) -> list[Advance]:
    """Insert the pages behind what is there and return how far each conversation has come."""
    moved: dict[str, Advance] = {}
    values = []
    for page in pages:
        name = page.entry.row.conversation
        target = targets[name]
        last = moved.get(name) or Advance(target.id, target.last_sequence, target.last_sequence, page.created_at)
        moved[name] = last._replace(after=last.after + 1, moment=max(last.moment, page.created_at))
        values.append(_values(page, target, last.after + 1))
    conversation_ids = [advance.conversation_id for advance in moved.values()]
    conversations_change(*conversation_ids)
    lists_change(*conversation_ids)
    insert_messages(values)
    advance_conversations(list(moved.values()))
    return list(moved.values())


def _values(page: Page, target: Target, sequence: int) -> tuple[Any, ...]:
    row = page.entry.row
    event = target.last_event + sequence - target.last_sequence
    moment = stored(page.created_at)
    is_dated = row.sent_at is not None
    content = (row.role, row.text, page.html, page.entry.key, moment, is_dated)
    return (target.id, sequence, event, *page.author, *content)


def _join(pages: list[Page], ends: Mapping[int, int], targets: Mapping[str, Target]) -> None:
    """Make users who are linked as authors members, unread from now on."""
    pairs = {(targets[page.entry.row.conversation].id, page.author.user_id) for page in pages if page.author.user_id}
    for conversation_id, user_id in pairs:
        membership_changes(conversation_id, user_id)
    Membership.objects.bulk_create(
        (
            Membership(conversation_id=conversation_id, user_id=user_id, last_read_sequence=ends[conversation_id])
            for conversation_id, user_id in sorted(pairs)
        ),
        ignore_conflicts=True,
    )
    for conversation_id, user_id in pairs:
        access_changed(user_id=user_id, conversation_id=conversation_id)


def _tell(advances: list[Advance], targets: Mapping[str, Target]) -> None:
    """Let live readers know how far their conversations have come."""
    gaps = {target.id: target.last_event - target.last_sequence for target in targets.values()}
    for advance in advances:
        numbers = Numbers(advance.after, advance.after + gaps[advance.conversation_id])
        conversation_grew(advance.conversation_id, numbers=numbers)
