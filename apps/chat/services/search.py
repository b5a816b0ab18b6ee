"""Full-text search over what the caller may read: all words, the last one also as a beginning."""

import re
from html import escape

from django.db import connection

from apps.chat.cursor import decoded, encoded
from apps.chat.exceptions import InvalidError
from apps.chat.models import Message
from apps.chat.records import SearchHit, SearchPage, message_record

QUERY_MAX_CHARACTERS = 200
QUERY_MAX_WORDS = 16
PAGE_MESSAGES = 20
EXCERPT_BEFORE, EXCERPT_CHARACTERS = 60, 240

_NO_WORD = re.compile(r"[\x00-\x2f:-@\[-`{-\x7f\s\ud800-\udfff]+")

_READABLE = (
    " JOIN chat_membership AS membership ON membership.conversation_id = message.conversation_id"
    " JOIN chat_conversation AS conversation ON conversation.id = message.conversation_id"
    " AND conversation.deleted_at IS NULL WHERE membership.user_id = %s AND {}"
)
_IN_ONE = "message.conversation_id = %s AND "
_SQLITE = (
    "SELECT message.id FROM chat_message_words AS words JOIN chat_message AS message ON message.id = words.rowid"
    f"{_READABLE}words.chat_message_words MATCH %s AND words.rowid < %s ORDER BY words.rowid DESC LIMIT %s"
)
_POSTGRES = (
    f"SELECT message.id FROM chat_message AS message{_READABLE}message.search @@ to_tsquery('simple', %s)"
    " AND message.id < %s ORDER BY message.id DESC LIMIT %s"
)


def search_messages(
    *, user_id: int, query: str, cursor: str | None = None, conversation_id: int | None = None
) -> SearchPage:
    """Return up to 20 messages that hold every word of the query, newest first (two queries); of one conversation only,
    where one is named.

    Raises InvalidError for a query without a word or out of bounds, or a cursor that is not ours.
    """
    words = query_words(query)
    before = decoded(cursor, count=1)[0] if cursor else 2**63 - 1
    place, where = (_IN_ONE, [conversation_id]) if conversation_id is not None else ("", [])
    with connection.cursor() as database:
        if connection.vendor == "postgresql":
            database.execute(_POSTGRES.format(place), [user_id, *where, _tsquery(words), before, PAGE_MESSAGES + 1])
        else:
            database.execute(_SQLITE.format(place), [user_id, *where, _fts5(words), before, PAGE_MESSAGES + 1])
        ids = [row[0] for row in database.fetchall()]
    has_more = len(ids) > PAGE_MESSAGES
    hits = _hits(ids[:PAGE_MESSAGES], words)
    return SearchPage(results=hits, next=encoded(ids[PAGE_MESSAGES - 1]) if has_more else None)


def query_words(query: str) -> list[str]:
    """Return the words of a query, split as the index splits texts; raise InvalidError where there are none."""
    if len(query) > QUERY_MAX_CHARACTERS:
        raise InvalidError("q", f"has {len(query)} characters; {QUERY_MAX_CHARACTERS} are the most.")
    words = [word for word in _NO_WORD.split(query) if any(character.isalnum() for character in word)]
    if not words:
        raise InvalidError("q", "has no word to look for.")
    if len(words) > QUERY_MAX_WORDS:
        raise InvalidError("q", f"has {len(words)} words; {QUERY_MAX_WORDS} are the most.")
    return words


def excerpt_html(text: str, words: list[str]) -> str:
    """Return the stretch of the text around the first match as HTML: escaped, every match in <mark>."""
    pattern = re.compile(
        "|".join(rf"\b{re.escape(word)}" for word in sorted(words, key=len, reverse=True)), re.IGNORECASE
    )
    first = pattern.search(text)
    start = max(0, first.start() - EXCERPT_BEFORE) if first else 0
    stretch = text[start : start + EXCERPT_CHARACTERS]
    parts, end = [], 0
    for match in pattern.finditer(stretch):
        parts += [escape(stretch[end : match.start()]), f"<mark>{escape(match.group())}</mark>"]
        end = match.end()
    head = "…" if start else ""
    tail = "…" if start + EXCERPT_CHARACTERS < len(text) else ""
    return f"{head}{''.join(parts)}{escape(stretch[end:])}{tail}"


def _fts5(words: list[str]) -> str:
    return " ".join(f'"{word}"' for word in words) + "*"


def _tsquery(words: list[str]) -> str:
    return " & ".join(f"'{word}'" for word in words) + ":*"


def _hits(ids: list[int], words: list[str]) -> list[SearchHit]:
    rows = Message.objects.filter(pk__in=ids).select_related("author", "conversation").order_by("-pk")
    return [
        SearchHit(
            message=message_record(row),
            conversation_title=row.conversation.title,
            excerpt_html=excerpt_html(row.text, words),
        )
        for row in rows
    ]
