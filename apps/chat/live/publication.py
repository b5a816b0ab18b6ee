"""What services tell the live side: after the commit, over the bus, without waiting for anybody.

Nothing depends on a message arriving. Changes are numbered in the database, and readers ask it for what they lack
(docs/decisions/0011).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from apps.backplane.current import bus
from apps.chat.live.frames import encoded_record
from apps.chat.live.limits import PUBLISHED_MAX_BYTES
from apps.chat.records import MessageRecord, ReplyRecord
from apps.chat.sequence import Numbers

EVENTS = "chat.events"  # {conversation, sequence, last_sequence, message}: a change, with the record as JSON text
ACCESS = "chat.access"  # {user, conversation} or {session}: who may see what has changed
LIVE = "chat.live"  # {kind, …}: what is worth nothing a moment later


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who does something, as others see them."""

    id: int
    name: str


def message_changed(message: MessageRecord, *, numbers: Numbers) -> None:
    """Say after the commit that a message was sent, edited or deleted. `numbers`: the last message, this change."""
    _after_commit(lambda: _publish_message(message, numbers))


def conversation_grew(conversation_id: int, *, numbers: Numbers) -> None:
    """Say after the commit that many messages came at once; readers fetch them."""
    payload = {"conversation": conversation_id, "sequence": numbers.event, "last_sequence": numbers.sequence}
    _after_commit(lambda: _publish(EVENTS, payload))


def conversation_changed(conversation_id: int, *, change: str, **fields: Any) -> None:
    """Say after the commit that a conversation was renamed, or that its members changed."""
    payload = {"kind": "conversation", "conversation": conversation_id, "fields": {"change": change, **fields}}
    _after_commit(lambda: _publish(LIVE, payload))


def reply_changed(reply: ReplyRecord) -> None:
    """Say after the commit that a reply of the assistant begins, or has ended; its text is told otherwise."""
    fields = {"reply": {name: value for name, value in asdict(reply).items() if name != "text"}}
    _after_commit(lambda: publish_live(reply.conversation, "reply", fields))


def access_changed(*, user_id: int, conversation_id: int | None = None) -> None:
    """Say after the commit that somebody's rights are to be looked at again, in a conversation or as a whole."""
    _after_commit(lambda: _publish(ACCESS, {"user": user_id, "conversation": conversation_id}))


def session_ended(digest: str) -> None:
    """Say at once that a session is over."""
    _publish(ACCESS, {"session": digest})


def reader_moved(conversation_id: int, *, reader: Person, last_read_sequence: int) -> None:
    """Say after the commit how far somebody has read."""
    fields = {"user": reader, "last_read_sequence": last_read_sequence}
    _after_commit(lambda: publish_live(conversation_id, "read", fields))


def publish_live(conversation_id: int, kind: str, fields: dict[str, Any], *, except_user: int | None = None) -> None:
    """Send `{type: kind, conversation, sequence, **fields}` to every socket that follows the conversation, now.

    For what is worth nothing a moment later: it is not stored, and sockets that are away never see it. Does not block.
    """
    payload = {"kind": "event", "conversation": conversation_id, "type": kind, "fields": fields, "except": except_user}
    _publish(LIVE, payload)


def _publish_message(message: MessageRecord, numbers: Numbers) -> None:
    text = encoded_record(message)
    _publish(
        EVENTS,
        {
            "conversation": message.conversation,
            "sequence": numbers.event,
            "last_sequence": numbers.sequence,
            "message": text if len(text) <= PUBLISHED_MAX_BYTES else None,
        },
    )


def _publish(topic: str, payload: dict[str, Any]) -> None:
    bus().publish(topic, payload)


def _after_commit(publish: Callable[[], None]) -> None:
    """A publication that fails is logged by Django, by the function's name, so no partial; what is stored is stored."""
    transaction.on_commit(publish, robust=True)
