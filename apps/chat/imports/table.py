"""Many rows in one statement: what the ORM does one row at a time, or with a model object for each.

Measured on IRC text, in µs per row: SQLite executemany 42-80, bulk_create 95, one INSERT of many rows 25; Postgres
executemany 110, bulk_create 150, one INSERT 80, COPY 40. See docs/decisions/0005.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

COLUMNS = "conversation_id, sequence, event, author_id, author_name, role, text, html, import_key, created_at, is_dated"
INSERT = "INSERT INTO chat_message ({}) VALUES {}"
COPY = "COPY chat_message ({}) FROM STDIN"
ADVANCE = (
    "WITH news (id, before, after, moment) AS (VALUES {})"
    " UPDATE chat_conversation AS c SET last_sequence = news.after,"
    " last_event = c.last_event + news.after - news.before, last_message_at ="
    " CASE WHEN c.last_message_at > news.moment AND c.last_sequence > 0 THEN c.last_message_at ELSE news.moment END"
    " FROM news WHERE c.id = news.id"
)
READ = (
    "WITH news (id, before, after) AS (VALUES {})"
    " UPDATE chat_membership AS m SET last_read_sequence = news.after"
    " FROM news WHERE m.conversation_id = news.id AND m.last_read_sequence = news.before AND m.user_id = %s"
)


class Advance(NamedTuple):
    """A conversation's last number before and after a batch, and the time of its latest message in it."""

    conversation_id: int
    before: int
    after: int
    moment: datetime


def insert_messages(rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert messages, their values in the order of COLUMNS. One statement."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(COPY.format(COLUMNS)) as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.execute(INSERT.format(COLUMNS, _places(rows)), _flat(rows))


def advance_conversations(rows: Sequence[Advance]) -> None:
    """Say which numbers are given out, in conversations whose rows the caller has locked. One statement."""
    stored = connection.ops.adapt_datetimefield_value
    values = [(row.conversation_id, row.before, row.after, stored(row.moment)) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(ADVANCE.format(_places(values)), _flat(values))


def mark_read(rows: Sequence[Advance], *, user_id: int) -> None:
    """Let a user who had read all before a batch have read the batch as well. One statement."""
    values = [(row.conversation_id, row.before, row.after) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(READ.format(_places(values)), [*_flat(values), user_id])


def _places(rows: Sequence[tuple[Any, ...]]) -> str:
    row = f"({', '.join(['%s'] * len(rows[0]))})"
    return ", ".join([row] * len(rows))


def _flat(rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    return [value for row in rows for value in row]
