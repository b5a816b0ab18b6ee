"""Numbers in a conversation: gap-free ones for messages, and one for each change, which live readers follow.

One row per conversation is the counter and the lock, so changes are committed in the order of their numbers.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from apps.chat.exceptions import NotFoundError
from apps.chat.invalidation import conversations_change, lists_change


class Numbers(NamedTuple):
    """A message's number, and the number of the change; a message that never changed has the same for both or less."""

    sequence: int
    event: int


def allocate(*, conversation_id: int, count: int, last_message_at: datetime) -> Numbers:
    """Return the first of `count` consecutive numbers of either kind, inside the caller's transaction.

    Blocks until every other sender in the conversation has committed or rolled back; a rollback gives the numbers
    back. Raises NotFoundError when the conversation is gone.
    """
    last = _updated(
        "last_sequence = last_sequence + %s, last_event = last_event + %s,"
        " last_message_at = CASE WHEN last_message_at > %s AND last_sequence > 0 THEN last_message_at ELSE %s END",
        [count, count, stored(last_message_at), stored(last_message_at)],
        conversation_id,
    )
    return Numbers(last.sequence - count + 1, last.event - count + 1)


def change(*, conversation_id: int) -> Numbers:
    """Return the last message's number and the number of a change to any message; blocks and raises as allocate does.

    Whoever locks a message as well locks it first.
    """
    return _updated("last_event = last_event + 1", [], conversation_id)


def _updated(assignments: str, values: list[Any], conversation_id: int) -> Numbers:
    conversations_change(conversation_id)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE chat_conversation SET {assignments} WHERE id = %s AND deleted_at IS NULL"  # noqa: S608  (constants)
            " RETURNING last_sequence, last_event",
            [*values, conversation_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFoundError("There is no such conversation.")
    lists_change(conversation_id)
    return Numbers(int(row[0]), int(row[1]))


def stored(moment: datetime) -> str | None:
    """Return a time as the database takes it in raw SQL."""
    return connection.ops.adapt_datetimefield_value(moment)
