"""Read a conversation page by page. Sequences have no gaps, so a page is a range of the primary index."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import F

from apps.chat.access import NO_CONVERSATION, membership_of, role_of
from apps.chat.exceptions import InvalidError, NotFoundError
from apps.chat.invalidation import marker_moves
from apps.chat.live.publication import Person, reader_moved
from apps.chat.models import Conversation, Membership, Message
from apps.chat.policy import HISTORY, chat
from apps.chat.records import MESSAGE_COLUMNS, HistoryPage, MessageRecord, message_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a page lies: before, after or around a message (its id), around a sequence number, or from a date on.

    Without any, the latest.
    """

    before: int | None = None
    after: int | None = None
    around: int | None = None
    since: datetime | None = None
    sequence: int | None = None

    def __post_init__(self) -> None:
        given = [name for name in self.__slots__ if getattr(self, name) is not None]
        if len(given) > 1:
            raise InvalidError(given[1], f"cannot be combined with {given[0]}.")


LATEST = Position()
NUMBERS = ("sequence", "conversation__last_sequence", "conversation__last_event")


def history_page(
    *, user_id: int, conversation_id: int, limit: int | None = None, position: Position = LATEST
) -> HistoryPage:
    """Return up to `limit` messages, else the policy's number, oldest first. No query where caller and page are in the
    cache, else one for whether the caller may see them, and up to three for the page.

    Raises NotFoundError, or InvalidError for a limit out of bounds or a position outside the conversation.
    """
    limit = _page_size(limit)
    role_of(user_id=user_id, conversation_id=conversation_id)
    key = (conversation_id, limit, *_place(position))
    return HISTORY.get_or_load(key, lambda: _loaded(conversation_id, limit=limit, position=position))


def _loaded(conversation_id: int, *, limit: int, position: Position) -> HistoryPage:
    """Read the page, and the conversation's numbers with it: what was read before the cache looked may be old."""
    if position == LATEST:
        return _latest(conversation_id, limit)
    span = _span(conversation_id, limit=limit, position=position)
    rows = Message.objects.filter(conversation_id=conversation_id, sequence__gte=span.start, sequence__lt=span.end)
    messages = tuple(message_of(*row) for row in rows.order_by("sequence").values_list(*MESSAGE_COLUMNS))
    return _page(messages, last=span.last, event=span.event)


def _latest(conversation_id: int, limit: int) -> HistoryPage:
    """Read the newest messages and the conversation's numbers in one query, two where there is no message."""
    rows = Message.objects.filter(conversation_id=conversation_id, conversation__deleted_at=None)
    rows = rows.filter(sequence__gt=F("conversation__last_sequence") - limit).order_by("sequence")
    found = list(rows.values_list(*MESSAGE_COLUMNS, *NUMBERS[1:]))
    last, event = found[-1][-2:] if found else _end(conversation_id)
    return _page(tuple(message_of(*row[:-2]) for row in found), last=last, event=event)


def _place(position: Position) -> tuple[str, str | int] | tuple[()]:
    """Return the position as a part of a key."""
    for name in position.__slots__:
        value = getattr(position, name)
        if value is not None:
            return name, value.isoformat() if isinstance(value, datetime) else value
    return ()


def _page_size(asked: int | None) -> int:
    policy = chat.current
    if asked is None:
        return policy.page_size
    if not 1 <= asked <= policy.page_size_limit:
        raise InvalidError("limit", f"must be from 1 to {policy.page_size_limit}.")
    return asked


def mark_read(*, user_id: int, conversation_id: int, sequence: int) -> int:
    """Move the caller's read marker forward, never back or past the end; return where it stands. Two queries."""
    if sequence < 0:
        raise InvalidError("sequence", "must not be negative.")
    membership = membership_of(user_id=user_id, conversation_id=conversation_id)
    wanted = min(sequence, membership.conversation.last_sequence)
    if wanted > membership.last_read_sequence:
        _move_marker(membership, wanted)
    return max(wanted, membership.last_read_sequence)


def _move_marker(membership: Membership, wanted: int) -> None:
    moved = Membership.objects.filter(pk=membership.pk, last_read_sequence__lt=wanted)
    with transaction.atomic():
        marker_moves(membership.conversation_id, membership.user_id)
        if moved.update(last_read_sequence=wanted):
            reader = Person(id=membership.user_id, name=membership.user.get_username())
            reader_moved(membership.conversation_id, reader=reader, last_read_sequence=wanted)


class Span(NamedTuple):
    """The first number of a page and the one past its end, and how far the conversation had come."""

    start: int
    end: int
    last: int
    event: int


def _span(conversation_id: int, *, limit: int, position: Position) -> Span:
    match position:
        case Position(before=int(message_id)):
            sequence, last, event = _message(conversation_id, "before", message_id)
            return Span(sequence - limit, sequence, last, event)
        case Position(after=int(message_id)):
            sequence, last, event = _message(conversation_id, "after", message_id)
            return Span(sequence + 1, sequence + 1 + limit, last, event)
        case Position(around=int(message_id)):
            start, last, event = _message(conversation_id, "around", message_id)
            start -= limit // 2
        case Position(since=datetime() as since):
            start, last, event = _first_since(conversation_id, since) or (0, *_end(conversation_id))
            start = start or last
        case _:
            last, event = _end(conversation_id)
            start = (position.sequence or 0) - limit // 2
    start = min(max(1, last - limit + 1), max(1, start))
    return Span(start, start + limit, last, event)


def _end(conversation_id: int) -> tuple[int, int]:
    found = Conversation.objects.filter(pk=conversation_id, deleted_at=None)
    numbers = found.values_list("last_sequence", "last_event").first()
    if numbers is None:
        raise NotFoundError(NO_CONVERSATION)
    last, event = numbers
    return last, event


def _message(conversation_id: int, field: str, message_id: int) -> tuple[int, int, int]:
    found = Message.objects.filter(pk=message_id, conversation_id=conversation_id).values_list(*NUMBERS).first()
    if found is None:
        raise InvalidError(field, "is no message of this conversation.")
    sequence, last, event = found
    return sequence, last, event


def _first_since(conversation_id: int, since: datetime) -> tuple[int, int, int] | None:
    dated = Message.objects.filter(conversation_id=conversation_id, created_at__gte=since)
    return dated.order_by("created_at", "sequence").values_list(*NUMBERS).first()


def _page(messages: tuple[MessageRecord, ...], *, last: int, event: int) -> HistoryPage:
    if not messages:
        return HistoryPage(messages=(), next_before=None, next_after=None, last_event=event)
    oldest, newest = messages[0], messages[-1]
    return HistoryPage(
        messages=messages,
        next_before=oldest.id if oldest.sequence > 1 else None,
        next_after=newest.id if newest.sequence < last else None,
        last_event=event,
    )
