"""Take conversations out, as streams that cost the same memory however much they carry."""

from collections.abc import Collection, Iterator
from typing import Literal

from django.db.models import QuerySet

from apps.chat.access import NO_CONVERSATION, membership_of
from apps.chat.exceptions import InvalidError, NotFoundError
from apps.chat.exports.csv_lines import csv_lines
from apps.chat.exports.jsonl_lines import jsonl_lines
from apps.chat.exports.selection import exported
from apps.chat.models import Conversation

ExportFormat = Literal["csv", "jsonl"]
EXPORT_FORMATS: tuple[ExportFormat, ...] = ("csv", "jsonl")
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


def export_conversation(*, user_id: int, conversation_id: int, format: str) -> Iterator[bytes]:  # noqa: A002
    """Return the conversation in chunks, made while they are taken: queries as it goes, no transaction.

    Raises NotFoundError, or InvalidError naming `format`, at once and not with the first chunk.
    """
    membership_of(user_id=user_id, conversation_id=conversation_id)
    return _lines(Conversation.objects.filter(pk=conversation_id), format)


def export_conversations(
    *,
    user_id: int | None,
    format: str,  # noqa: A002
    conversation_ids: Collection[int] | None = None,
) -> Iterator[bytes]:
    """Return the conversations a user is a member of, or with None all there are, as export_conversation does.

    With ids only these: NotFoundError for one that is not among them.
    """
    selected = Conversation.objects.filter(deleted_at=None)
    if user_id is not None:
        selected = selected.filter(memberships__user_id=user_id)
    if conversation_ids is not None:
        selected = selected.filter(pk__in=conversation_ids)
        if selected.count() < len(set(conversation_ids)):
            raise NotFoundError(NO_CONVERSATION)
    return _lines(selected, format)


def _lines(selected: QuerySet[Conversation], wanted: str) -> Iterator[bytes]:
    if wanted not in EXPORT_FORMATS:
        raise InvalidError("format", f"is none of {', '.join(EXPORT_FORMATS)}.")
    conversations = exported(selected)
    return csv_lines(conversations) if wanted == "csv" else jsonl_lines(conversations)
