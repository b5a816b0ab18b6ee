"""Read a conversation page by page. Sequences have no gaps, so a page is a range of the primary index."""

from dataclasses import dataclass
from datetime import datetime

from apps.chat.access import membership_of
from apps.chat.exceptions import InvalidError
from apps.chat.live.publication import Person, reader_moved
from apps.chat.models import Membership, Message
from apps.chat.policy import chat
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


def history_page(
    *, user_id: int, conversation_id: int, limit: int | None = None, position: Position = LATEST
) -> HistoryPage:
    """Return up to `limit` messages, else the policy's number, oldest first: two queries, three with a position.

    Raises NotFoundError, or InvalidError for a limit out of bounds or a position outside the conversation.
    """
    limit = _page_size(limit)
    membership = membership_of(user_id=user_id, conversation_id=conversation_id)
    last, event = membership.conversation.last_sequence, membership.conversation.last_event
    start, end = _range(conversation_id, last=last, limit=limit, position=position)
    rows = Message.objects.filter(conversation_id=conversation_id, sequence__gte=start, sequence__lt=end)
    messages = [message_of(*row) for row in rows.order_by("sequence").values_list(*MESSAGE_COLUMNS)]
    return _page(messages, last=last, event=event)


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
    moved = Membership.objects.filter(pk=membership.pk, last_read_sequence__lt=wanted)
    if moved.update(last_read_sequence=wanted):
        reader = Person(id=user_id, name=membership.user.get_username())
        reader_moved(conversation_id, reader=reader, last_read_sequence=wanted)
    return max(wanted, membership.last_read_sequence)


def _range(conversation_id: int, *, last: int, limit: int, position: Position) -> tuple[int, int]:
    """Return the first sequence of the page and the one past its end."""
    latest = max(1, last - limit + 1)
    match position:
        case Position(before=int(message_id)):
            end = _sequence(conversation_id, "before", message_id)
            return end - limit, end
        case Position(after=int(message_id)):
            start = _sequence(conversation_id, "after", message_id) + 1
        case Position(around=int(message_id)):
            start = min(latest, max(1, _sequence(conversation_id, "around", message_id) - limit // 2))
        case Position(sequence=int(number)):
            start = min(latest, max(1, number - limit // 2))
        case Position(since=datetime() as since):
            start = min(latest, _first_since(conversation_id, since) or latest)
        case _:
            start = latest
    return start, start + limit


def _sequence(conversation_id: int, field: str, message_id: int) -> int:
    found = Message.objects.filter(pk=message_id, conversation_id=conversation_id).values_list("sequence").first()
    if found is None:
        raise InvalidError(field, "is no message of this conversation.")
    return int(found[0])


def _first_since(conversation_id: int, since: datetime) -> int | None:
    dated = Message.objects.filter(conversation_id=conversation_id, created_at__gte=since)
    return dated.order_by("created_at", "sequence").values_list("sequence", flat=True).first()


def _page(messages: list[MessageRecord], *, last: int, event: int) -> HistoryPage:
    if not messages:
        return HistoryPage(messages=[], next_before=None, next_after=None, last_event=event)
    oldest, newest = messages[0], messages[-1]
    return HistoryPage(
        messages=messages,
        next_before=oldest.id if oldest.sequence > 1 else None,
        next_after=newest.id if newest.sequence < last else None,
        last_event=event,
    )
