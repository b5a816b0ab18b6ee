"""How messages lie on the page: days between them, runs of one author, where the unread ones begin.

static/chat/timeline.js does the same in the browser when the history grows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from apps.chat.records import Author, ConversationRecord, MessageRecord
from apps.chat.services.history import LATEST, Position

RUN = timedelta(minutes=5)
NO_ACCOUNT = "no account"
MARKS = {
    "stopped": "Stopped.",
    "too_long": "Cut off: longer than replies may be.",
    "cut": "Cut off: the assistant broke off.",
    "interrupted": "Cut off: the server restarted.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A message and what is drawn with and around it; `day` is set where a new one begins.

    Fifty of them are drawn on each page, so what can be worked out in Python is not left to the template.
    """

    message: MessageRecord
    day: date | None = None
    is_first_unread: bool = False
    is_target: bool = False
    is_continued: bool = False
    is_own: bool = False

    @property
    def classes(self) -> str:
        """The element's classes."""
        message = self.message
        marks = {
            "is-continued": self.is_continued,
            "is-deleted": message.deleted,
            "is-target": self.is_target,
            "is-own": self.is_own,
            f"is-{message.role}": message.role != "user",
        }
        return " ".join(["message", *(name for name, is_set in marks.items() if is_set)])

    @property
    def tag(self) -> str:
        """The role, where the name does not say it; of people, that they have no account: imported, or deleted."""
        role, author = self.message.role, self.message.author
        if role == "user":
            return NO_ACCOUNT if author.id is None else ""
        return "" if role == author.name.lower() else role

    @property
    def mark(self) -> str:
        """How the reply ended, where it was not by its last word."""
        return MARKS.get(self.message.completion or "", "")

    @property
    def link(self) -> str:
        """The address that shows the message."""
        message = self.message
        return f"{reverse('chat', args=[message.conversation])}?message={message.id}#m{message.id}"

    @property
    def at(self) -> str:
        """When it was sent, for the browser."""
        return self.message.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z")

    @property
    def clock(self) -> str:
        """The time of day."""
        return f"{_local(self.message):%H:%M}"

    @property
    def moment(self) -> str:
        """Date and time in full."""
        return f"{_local(self.message):%-d %B %Y, %H:%M:%S}"


# What the browser clones for a message that arrives later.
BLANK = Row(
    message=MessageRecord(
        id=0,
        sequence=0,
        conversation=0,
        author=Author(id=0, name=""),
        role="user",
        text="",
        html="",
        client_id=None,
        created_at=datetime(2000, 1, 1, tzinfo=UTC),
        edited_at=None,
        deleted=False,
    )
)


def timeline(
    messages: Iterable[MessageRecord], *, reader_id: int, conversation: ConversationRecord, position: Position
) -> list[Row]:
    """Return the messages as rows, in the current time zone. No query."""
    first_unread = _first_unread(conversation)
    rows: list[Row] = []
    for message in messages:
        previous = rows[-1].message if rows else None
        day = _day(message) if previous is None or _day(previous) != _day(message) else None
        is_first_unread = message.sequence == first_unread
        is_run = day is None and not is_first_unread
        rows.append(
            Row(
                message=message,
                day=day,
                is_first_unread=is_first_unread,
                is_target=position.around == message.id or position.sequence == message.sequence,
                is_continued=is_run and _continues(previous, message),
                is_own=message.author.id == reader_id,
            )
        )
    return rows


def opening(rows: list[Row], position: Position) -> str:
    """Return the id of the element the page opens at; empty for the end."""
    for row in rows:
        if row.is_target or (position.since and row.message.created_at >= position.since):
            return f"m{row.message.id}"
        if row.is_first_unread and position == LATEST:
            return "unread"
    return ""


def _first_unread(conversation: ConversationRecord) -> int:
    """Return the number of the first unread message, 0 where there is none or all are."""
    return conversation.last_read_sequence + 1 if conversation.unread else 0


def _continues(previous: MessageRecord | None, message: MessageRecord) -> bool:
    if previous is None:
        return False
    is_same = (previous.author, previous.role) == (message.author, message.role)
    return is_same and not previous.deleted and abs(message.created_at - previous.created_at) < RUN


def _day(message: MessageRecord) -> date:
    return _local(message).date()


def _local(message: MessageRecord) -> datetime:
    return message.created_at.astimezone(timezone.get_current_timezone())
