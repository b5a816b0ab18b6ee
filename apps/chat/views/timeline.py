"""How messages lie on the page: days between them, runs of one author, where the unread ones begin.

static/chat/timeline.js does the same in the browser when the history grows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from apps.chat.records import Author, ConversationRecord, MessageRecord
from apps.chat.services.history import LATEST, Position

RUN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A message and what is drawn around it; `day` is set where a new one begins."""

    message: MessageRecord
    day: date | None = None
    is_continued: bool = False
    is_first_unread: bool = False
    is_target: bool = False


# What the browser clones for a message that arrives later.
BLANK = Row(
    message=MessageRecord(
        id=0,
        sequence=0,
        conversation=0,
        author=Author(id=None, name=""),
        role="user",
        text="",
        html="",
        client_id=None,
        created_at=datetime(2000, 1, 1, tzinfo=UTC),
        edited_at=None,
        deleted=False,
    )
)


def timeline(messages: Iterable[MessageRecord], *, conversation: ConversationRecord, position: Position) -> list[Row]:
    """Return the messages as rows, in the current time zone. No query."""
    rows: list[Row] = []
    for message in messages:
        previous = rows[-1].message if rows else None
        rows.append(_row(message, previous, first_unread=_first_unread(conversation), position=position))
    return rows


def opening(rows: list[Row], position: Position) -> str:
    """Return the id of the element the page opens at; empty for the end."""
    for row in rows:
        if row.is_target or (position.since and row.message.created_at >= position.since):
            return f"m{row.message.id}"
        if row.is_first_unread and position == LATEST:
            return "unread"
    return ""


def _row(message: MessageRecord, previous: MessageRecord | None, *, first_unread: int, position: Position) -> Row:
    day = _day(message) if previous is None or _day(previous) != _day(message) else None
    is_first_unread = message.sequence == first_unread
    return Row(
        message=message,
        day=day,
        is_continued=day is None and not is_first_unread and previous is not None and _continues(previous, message),
        is_first_unread=is_first_unread,
        is_target=position.around == message.id or position.sequence == message.sequence,
    )


def _first_unread(conversation: ConversationRecord) -> int:
    """Return the number of the first unread message, 0 where there is none or all are."""
    return conversation.last_read_sequence + 1 if conversation.unread else 0


def _continues(previous: MessageRecord, message: MessageRecord) -> bool:
    is_same = (previous.author, previous.role) == (message.author, message.role)
    return is_same and not previous.deleted and abs(message.created_at - previous.created_at) < RUN


def _day(message: MessageRecord) -> date:
    return timezone.localtime(message.created_at).date()
