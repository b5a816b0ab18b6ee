"""What live delivery asks the database, in threads of its own."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from apps.chat.live.frames import encoded_record, message_frame
from apps.chat.live.limits import REPLAY_MAX_BYTES, REPLAY_MAX_EVENTS
from apps.chat.live.room import Event, Page
from apps.chat.live.session import Identity, identities
from apps.chat.models import Conversation, Membership, Message
from apps.chat.policy import live
from apps.chat.records import MESSAGE_COLUMNS, message_of

CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A conversation in which somebody is a member, and how far it has come."""

    conversation: int
    last_event: int
    last_sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Which of the sessions asked about are good, and who is a member where."""

    asked: frozenset[str]
    sessions: dict[str, Identity]
    places: dict[int, list[Place]]


def page_after(conversation_id: int, after: int) -> Page | None:
    """Return the changes after a number, None when the conversation is gone. Two queries.

    The counter is read first: whatever is committed between the two is in the second, and nothing before it is missing.
    """
    last = Conversation.objects.filter(pk=conversation_id, deleted_at=None).values_list("last_event", flat=True).first()
    if last is None:
        return None
    if last <= after:
        return Page(events=(), number=last)
    rows = Message.objects.filter(conversation_id=conversation_id, event__gt=after).order_by("event")
    events = tuple(_events(conversation_id, rows.values_list("event", *MESSAGE_COLUMNS)[: REPLAY_MAX_EVENTS + 1]))
    most_bytes = min(REPLAY_MAX_BYTES, live.current.buffer_bytes // 2)  # the outbox has to hold it beside the rest
    if len(events) > REPLAY_MAX_EVENTS or sum(event.frame.size for event in events) > most_bytes:
        return Page(events=(), number=last, is_whole=False)
    return Page(events=events, number=max(last, events[-1].number if events else 0))


def page_for(user_id: int, conversation_id: int, after: int) -> Page | None:
    """Return page_after for a member, None for anybody else. Three queries."""
    if not Membership.objects.filter(user_id=user_id, conversation_id=conversation_id).exists():
        return None
    return page_after(conversation_id, after)


def standing(
    *, session_keys: Collection[str], user_ids: Collection[int], conversations: Collection[int] | None = None
) -> Standing:
    """Return what is true of these sessions and users now; of all their conversations, or only of those named.

    A few queries for every 500 of each.
    """
    sessions: dict[str, Identity] = {}
    for keys in _chunks(list(session_keys)):
        sessions |= identities(keys)
    places: dict[int, list[Place]] = {user_id: [] for user_id in user_ids}
    for users in _chunks(list(user_ids)):
        for named in [None] if conversations is None else _chunks(list(conversations)):
            _add_places(places, users, named)
    return Standing(asked=frozenset(session_keys), sessions=sessions, places=places)


def entrant(session_key: str) -> tuple[Identity, list[Place]] | None:
    """Return who a session belongs to and where they are a member, None when it is no good. Three queries."""
    identity = identities([session_key]).get(session_key)
    if identity is None:
        return None
    places: dict[int, list[Place]] = {identity.user_id: []}
    _add_places(places, [identity.user_id], None)
    return identity, places[identity.user_id]


def last_events(conversations: Collection[int]) -> dict[int, int]:
    """Return how far conversations have come. One query for every 500."""
    found: dict[int, int] = {}
    for keys in _chunks(list(conversations)):
        found |= dict(Conversation.objects.filter(pk__in=keys).values_list("pk", "last_event"))
    return found


def _add_places(places: dict[int, list[Place]], users: list[int], conversations: list[int] | None) -> None:
    rows = Membership.objects.filter(user_id__in=users, conversation__deleted_at=None)
    if conversations is not None:
        rows = rows.filter(conversation_id__in=conversations)
    columns = ("user_id", "conversation_id", "conversation__last_event", "conversation__last_sequence")
    for user_id, conversation_id, event, sequence in rows.values_list(*columns):
        places[user_id].append(Place(conversation=conversation_id, last_event=event, last_sequence=sequence))


def _events(conversation_id: int, rows: "Collection[tuple[object, ...]]") -> Iterator[Event]:
    for number, *columns in rows:
        record = encoded_record(message_of(*columns))  # type: ignore[arg-type]  # in the order of MESSAGE_COLUMNS
        yield Event(int(number), message_frame(conversation_id, int(number), record))  # type: ignore[call-overload]


def _chunks(keys: "list[int] | list[str]") -> Iterator[list]:  # type: ignore[type-arg]
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]
