"""The begin of a reply, inside the transaction that holds the conversation's lock."""

from django.db import transaction
from django.db.models.functions import Now

from apps.chat.assistant.record import reply_record
from apps.chat.live.publication import reply_changed
from apps.chat.models import Message, Reply
from apps.chat.records import ReplyRecord
from apps.chat.signals import reply_requested


def running(conversation_id: int) -> Reply | None:
    """Return the reply that is being written in a conversation (one query), None where there is none."""
    rows = Reply.objects.select_related("asked_by").filter(conversation_id=conversation_id, state=Reply.State.WRITING)
    return rows.first()


def begun(conversation_id: int, *, asked_by_id: int | None, replaces: Message | None = None) -> ReplyRecord:
    """Begin a reply where none is running; everybody, and whoever writes it, hears after the commit. Two queries."""
    reply = Reply.objects.create(
        conversation_id=conversation_id, asked_by_id=asked_by_id, replaces=replaces, heartbeat_at=Now()
    )
    record = reply_record(reply)
    reply_changed(record)
    transaction.on_commit(
        lambda: reply_requested.send(sender=Reply, reply_id=record.id, conversation_id=conversation_id), robust=True
    )
    return record
