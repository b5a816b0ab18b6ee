"""Replies as everybody sees them."""

from typing import cast

from apps.chat.assistant.draft import units_of
from apps.chat.assistant.faults import problem_of
from apps.chat.models import Reply
from apps.chat.records import Author, Outcome, ReplyRecord, ReplyState


def reply_record(reply: Reply) -> ReplyRecord:
    """Return the row as a record. Queries only for an asker that is not loaded."""
    who = reply.asked_by
    return ReplyRecord(
        id=reply.pk,
        conversation=reply.conversation_id,
        state=cast("ReplyState", str(reply.state)),
        asked_by=Author(id=who.pk, name=who.get_username()) if who else None,
        replaces=reply.replaces_id,
        cursor=units_of(reply.text),
        text=reply.text,
        outcome=cast("Outcome", str(reply.outcome)) if reply.outcome else None,
        message=reply.message_id,
        error=problem_of("" if reply.state == Reply.State.WRITING else reply.error_code, retry_at=reply.retry_at),
        asked_at=reply.asked_at,
        ended_at=reply.ended_at,
    )
