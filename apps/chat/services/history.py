"""Read a conversation page by page. Sequences have no gaps, so a page is a range of the primary index."""

from dataclasses import dataclass
from datetime import datetime

from apps.chat.access import check_member, membership_of
from apps.chat.cursor import LARGEST
from apps.chat.document import Span, load_document, page_of
from apps.chat.exceptions import InvalidError
from apps.chat.live.publication import Person, reader_moved
from apps.chat.models import Membership, Message
from apps.chat.policy import HISTORY, chat
from apps.chat.records import HistoryPage


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
    return page_of(history_document(user_id=user_id, conversation_id=conversation_id, limit=limit, position=position))


def history_document(
    *, user_id: int, conversation_id: int, limit: int | None = None, position: Position = LATEST
) -> bytes:
    """Return history_page as the JSON document that readers get, from the cache, where only membership is asked."""
    limit = _page_size(limit)
    check_member(user_id=user_id, conversation_id=conversation_id)
    key = (conversation_id, limit, *_place(position))
    return HISTORY.get_or_load(key, lambda: _loaded(conversation_id, limit=limit, position=position))


def _loaded(conversation_id: int, *, limit: int, position: Position) -> bytes:
    """Read the page and where it lies: what was read before the cache looked may be old."""
    span = _span(conversation_id, limit=limit, position=position)
    return load_document(conversation_id=conversation_id, span=span)


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
    moved = Membership.objects.filter(pk=membership.pk, last_read_sequence__lt=wanted)
    if moved.update(last_read_sequence=wanted):
        reader = Person(id=user_id, name=membership.user.get_username())
        reader_moved(conversation_id, reader=reader, last_read_sequence=wanted)
    return max(wanted, membership.last_read_sequence)


def _span(conversation_id: int, *, limit: int, position: Position) -> Span:
    """Return which numbers the page has. One query where the position is a message or a date."""
    match position:
        case Position(before=int(message_id)):
            end = _sequence(conversation_id, "before", message_id)
            first = max(1, end - limit)
            return Span(first=first, count=end - first)
        case Position(after=int(message_id)):
            return Span(first=_sequence(conversation_id, "after", message_id) + 1, count=limit)
        case Position(around=int(message_id)):
            first = _sequence(conversation_id, "around", message_id) - limit // 2
        case Position(sequence=int(number)):
            first = number - limit // 2
        case Position(since=datetime() as since):
            first = _first_since(conversation_id, since) or LARGEST
        case _:
            first = LARGEST
    return Span(first=first, count=limit, least=limit)


def _sequence(conversation_id: int, field: str, message_id: int) -> int:
    found = Message.objects.filter(pk=message_id, conversation_id=conversation_id).values_list("sequence").first()
    if found is None:
        raise InvalidError(field, "is no message of this conversation.")
    return int(found[0])


def _first_since(conversation_id: int, since: datetime) -> int | None:
    dated = Message.objects.filter(conversation_id=conversation_id, created_at__gte=since)
    return dated.order_by("created_at", "sequence").values_list("sequence", flat=True).first()
