"""The begin of a reply, inside the transaction that holds the conversation's lock."""

from django.db import transaction
from django.db.models.functions import Now

from apps.chat.assistant.record import reply_record
from apps.chat.live.publication import reply_changed
from apps.chat.models import Message, Reply
from apps.chat.records import ReplyRecord
from apps.chat.signals import reply_requested


def running(conversation_id: int) -> Reply | None:
    """Return the reply that is being written in a conversation, or waits (one query); None where there is none."""
    rows = Reply.objects.select_related("asked_by").filter(conversation_id=conversation_id)
    return rows.exclude(state=Reply.State.ENDED).first()


def begun(conversation_id: int, *, asked_by_id: int | None, replaces: Message | None = None) -> ReplyRecord:
    """Begin a reply where none is running; everybody, and whoever writes it, hears after the commit. Two queries."""
    reply = Reply.objects.create(
        conversation_id=conversation_id, asked_by_id=asked_by_id, replaces=replaces, heartbeat_at=Now()
    )
    return _told(reply)


def begun_again(reply: Reply) -> ReplyRecord:
    """Try a reply that waits at once, as one that was asked for; one that is tried already is told from now on.

    Does not wait for whoever is ending it: the caller holds the conversation's lock, which they need.
    """
    rows = Reply.objects.exclude(state=Reply.State.ENDED).filter(pk=reply.pk)
    found = rows.select_for_update(skip_locked=True, of=("self",)).select_related("asked_by").first()
    if found is None or not found.error_code:
        return reply_record(reply)
    is_waiting = found.state == Reply.State.WAITING
    found.state, found.error_code = Reply.State.WRITING, ""
    Reply.objects.filter(pk=found.pk).update(state=found.state, error_code="", heartbeat_at=Now())
    return _told(found) if is_waiting else reply_record(found)


def _told(reply: Reply) -> ReplyRecord:
    record = reply_record(reply)
    reply_changed(record)
    transaction.on_commit(
        lambda: reply_requested.send(sender=Reply, reply_id=record.id, conversation_id=record.conversation), robust=True
    )
    return record
