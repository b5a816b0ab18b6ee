"""A page of history as the JSON document that readers get, written by the database in one statement.

It is the same for every member, and all of it is of one moment. Whether somebody may read it is asked elsewhere.
Rows of the ORM made into records, and these into JSON, cost eight times as much.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from apps.chat.access import NO_CONVERSATION
from apps.chat.exceptions import NotFoundError
from apps.chat.records import Author, HistoryPage, MessageRecord

# What differs between the engines: how two numbers are compared, and how rows in order become text.
_STATEMENT = """SELECT
       (SELECT {text} FROM (
           SELECT chat_message.id, sequence, conversation_id AS conversation, {author} AS author, role, text, html,
                  client_id, {created_at} AS created_at, {edited_at} AS edited_at,
                  deleted_at IS NOT NULL AS deleted, completion
           FROM chat_message LEFT JOIN chat_user ON chat_user.id = author_id
           WHERE conversation_id = place.id AND sequence >= place.first
           ORDER BY sequence LIMIT %s) AS message),
       (SELECT id FROM chat_message
        WHERE conversation_id = place.id AND sequence = place.first AND sequence > 1),
       (SELECT id FROM chat_message
        WHERE conversation_id = place.id AND sequence = place.first + %s - 1 AND sequence < place.last_sequence),
       place.last_event
FROM (SELECT conversation.id, conversation.last_sequence, conversation.last_event,
             {greatest}(1, {least}(%s, conversation.last_sequence - %s + 1)) AS first
      FROM chat_conversation AS conversation WHERE conversation.id = %s AND conversation.deleted_at IS NULL) AS place
"""
_AUTHOR = "json_object('id', author_id, 'name', coalesce(username, author_name))"
_SQLITE_TEXT = (
    "json_group_array(json_object('id', id, 'sequence', sequence, 'conversation', conversation, 'author', json(author),"
    " 'role', role, 'text', text, 'html', html, 'client_id', client_id, 'created_at', created_at,"
    " 'edited_at', edited_at, 'deleted', json(iif(deleted, 'true', 'false')), 'completion', completion))"
)
_SQLITE_MOMENT = "replace({}, ' ', 'T') || 'Z'"
_POSTGRES_TEXT = "coalesce('[' || string_agg(row_to_json(message)::text, ',' ORDER BY sequence) || ']', '[]')"
_POSTGRES_MOMENT = """replace(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')"""


def _statement(*, least: str, greatest: str, text: str, author: str, moment: str) -> str:
    moments = {name: moment.format(f"chat_message.{name}") for name in ("created_at", "edited_at")}
    return _STATEMENT.format(least=least, greatest=greatest, text=text, author=author, **moments)


_STATEMENTS = {
    "sqlite": _statement(least="min", greatest="max", text=_SQLITE_TEXT, author=_AUTHOR, moment=_SQLITE_MOMENT),
    "postgresql": _statement(
        least="least",
        greatest="greatest",
        text=_POSTGRES_TEXT,
        author=_AUTHOR.replace("json_object", "json_build_object"),
        moment=_POSTGRES_MOMENT,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which numbers a page has: `count` from `first` on, and earlier ones where fewer than `least` are left."""

    first: int
    count: int
    least: int = 0


def load_document(*, conversation_id: int, span: Span) -> bytes:
    """Return the page in the form of HistoryPage (one query); raise NotFoundError for no conversation."""
    values = (span.count, span.count, span.first, span.least, conversation_id)
    with connection.cursor() as database:
        database.execute(_STATEMENTS[connection.vendor], values)
        row = database.fetchone()
    if row is None:
        raise NotFoundError(NO_CONVERSATION)
    messages, before, after, event = row
    places = {"next_before": before, "next_after": after, "last_event": event}
    return orjson.dumps({"messages": orjson.Fragment(messages), **places})


def page_of(document: bytes) -> HistoryPage:
    """Return a document as records. No query."""
    page = orjson.loads(document)
    return HistoryPage(**{**page, "messages": [_message(**message) for message in page["messages"]]})


def _message(*, author: dict[str, Any], created_at: str, edited_at: str | None, **values: Any) -> MessageRecord:
    return MessageRecord(
        author=Author(**author),
        created_at=datetime.fromisoformat(created_at),
        edited_at=datetime.fromisoformat(edited_at) if edited_at else None,
        **values,
    )
