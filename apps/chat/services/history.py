"""Read a conversation page by page. Sequences have no gaps, so a page is a range of the primary index."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.caching.http.answer import Body, body_of
from apps.caching.keys import Key
from apps.chat.access import check_reader, membership_of
from apps.chat.cursor import LARGEST
from apps.chat.document import Span, load_document, page_of
from apps.chat.exceptions import InvalidError
from apps.chat.invalidation import marker_moves
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
MESSAGE_PLACES = ("before", "after", "around")


def history_page(
    *, user_id: int, conversation_id: int, limit: int | None = None, position: Position = LATEST
) -> HistoryPage:
    """Return up to `limit` messages, else the policy's number, oldest first. No query where caller and page are in the
    cache, else one for whether the caller may see them, and one for the page, two with a position.

    Raises NotFoundError, or InvalidError for a limit out of bounds or a position outside the conversation.
    """
    body = history_body(user_id=user_id, conversation_id=conversation_id, limit=limit, position=position)
    return page_of(body.content)


def history_body(*, user_id: int, conversation_id: int, limit: int | None = None, position: Position = LATEST) -> Body:
    """Return history_page as the JSON document that readers get, from the cache, where only membership is asked."""
    limit = _page_size(limit)
    check_reader(user_id=user_id, conversation_id=conversation_id)
    key = (conversation_id, limit, *_place(position))
    return HISTORY.get_or_load(key, lambda: _loaded(conversation_id, limit=limit, position=position))


def key_of(conversation_id: int, asked: Mapping[str, int]) -> Key | None:
    """Return the key of the page that history_body keeps for these arguments; None where it would raise, or for more
    than a limit and a message. No query.
    """
    limit = asked.get("limit", chat.current.page_size)
    place = [name for name in asked if name in MESSAGE_PLACES]
    if len(place) > 1 or len(asked) != len(place) + ("limit" in asked):
        return None
    if not 1 <= limit <= chat.current.page_size_limit:
        return None
    return (conversation_id, limit, place[0], asked[place[0]]) if place else (conversation_id, limit)


def _loaded(conversation_id: int, *, limit: int, position: Position) -> Body:
    """Read the page and where it lies: what was read before the cache looked may be old."""
    span = _span(conversation_id, limit=limit, position=position)
    return body_of(load_document(conversation_id=conversation_id, span=span))


def loaded_by_key(key: Key) -> Body:
    """Return the page that the cache keeps under the key. Raises as history_page does."""
    conversation_id, limit, *place = key
    position = LATEST
    if place:
        name, value = place
        position = Position(**{str(name): datetime.fromisoformat(str(value)) if name == "since" else value})  # type: ignore[arg-type]
    return _loaded(int(conversation_id or 0), limit=int(limit or 0), position=position)


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
