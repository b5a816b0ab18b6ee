"""Gap-free sequence numbers: one row per conversation is the counter and the lock."""

from datetime import datetime

from django.db import connection

from apps.chat.exceptions import NotFoundError


def allocate(*, conversation_id: int, count: int, last_message_at: datetime) -> int:
    """Return the first of `count` consecutive numbers, inside the caller's transaction.

    Blocks until every other sender in the conversation has committed or rolled back; a rollback gives the numbers
    back. Raises NotFoundError when the conversation is gone.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chat_conversation SET last_sequence = last_sequence + %s,"
            " last_message_at = CASE WHEN last_message_at > %s AND last_sequence > 0 THEN last_message_at ELSE %s END"
            " WHERE id = %s AND deleted_at IS NULL RETURNING last_sequence",
            [count, stored(last_message_at), stored(last_message_at), conversation_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFoundError("There is no such conversation.")
    return int(row[0]) - count + 1


def stored(moment: datetime) -> str | None:
    """Return a time as the database takes it in raw SQL."""
    return connection.ops.adapt_datetimefield_value(moment)
