"""What the database holds of replies: read and written by short questions, each in a thread.

The state of the row is the fence: whoever ends a reply does so once, and whoever comes second finds it ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.chat.assistant.closing import Closing, closed
from apps.chat.assistant.context import Said, window
from apps.chat.assistant.record import reply_record
from apps.chat.assistant.upstream import Question
from apps.chat.exceptions import NotFoundError
from apps.chat.markdown import rendered
from apps.chat.models import Message, Reply
from apps.chat.policy import assistant
from apps.chat.records import MessageRole, ReplyRecord

LEASE = timedelta(seconds=10)  # of silence, after which whoever wrote a reply is dead
CHUNK_MESSAGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What a heartbeat found."""

    is_ours: bool
    is_stop_asked: bool


def opened(reply_id: int) -> tuple[ReplyRecord, Question]:
    """Return a reply and what it is to answer; a few queries. Raises NotFoundError when nothing is left to answer."""
    reply = Reply.objects.select_related("asked_by", "conversation", "replaces").filter(pk=reply_id).first()
    if reply is None or reply.state != Reply.State.WRITING or reply.conversation.deleted_at is not None:
        raise NotFoundError("There is no such conversation.")
    Reply.objects.filter(pk=reply_id).update(seen_sequence=reply.conversation.last_sequence)
    return reply_record(reply), _question(reply)


def beat(reply_id: int, *, text: str) -> Beat:
    """Keep what is written so far and say that the writer lives. Two queries."""
    ours = Reply.objects.filter(pk=reply_id, state=Reply.State.WRITING, conversation__deleted_at=None)
    if not ours.update(text=text, heartbeat_at=timezone.now()):
        return Beat(is_ours=False, is_stop_asked=False)
    return Beat(is_ours=True, is_stop_asked=ours.filter(is_stop_asked=True).exists())


def concluded(reply_id: int, *, text: str, closing: Closing) -> None:
    """End a reply: store its text as a message, and tell. Does nothing when somebody else has ended it."""
    html = rendered(text) if text.strip() else ""
    with transaction.atomic():
        reply = _locked(reply_id)
        if reply is not None:
            closed(reply, text=text, html=html, closing=closing)


def bury_dead() -> int:
    """End the replies whose writers have been silent for the lease, with what they kept; return how many."""
    limit = timezone.now() - LEASE
    dead = Reply.objects.filter(state=Reply.State.WRITING, heartbeat_at__lt=limit)
    buried = 0
    for reply_id, text in list(dead.values_list("pk", "text")):
        html = rendered(text) if text.strip() else ""
        with transaction.atomic():
            reply = _locked(reply_id)
            if reply is not None and reply.heartbeat_at < limit and reply.text == text:
                closed(reply, text=text, html=html, closing=Closing(outcome="interrupted"))
                buried += 1
    return buried


def _locked(reply_id: int) -> Reply | None:
    rows = Reply.objects.select_for_update(of=("self",)).select_related("asked_by", "conversation")
    return rows.filter(pk=reply_id, state=Reply.State.WRITING).first()


def _question(reply: Reply) -> Question:
    policy = assistant.current
    before = reply.replaces.sequence if reply.replaces else reply.conversation.last_sequence + 1
    asked = _messages(reply.conversation_id, before=before).filter(role=Message.Role.USER).first()
    if asked is None:
        raise NotFoundError("There is nothing to answer.")
    said = _said(reply.conversation_id, before=before)
    return Question(
        conversation=reply.conversation_id,
        asked_by=reply.asked_by_id,
        text=asked.text,
        before=asked.sequence,
        lines=window(said, system_prompt=reply.conversation.system_prompt, budget=policy.context_tokens),
        model=policy.model,
        temperature=policy.temperature,
        reply_tokens=policy.reply_tokens,
        connect_seconds=policy.connect_seconds,
    )


def _said(conversation_id: int, *, before: int) -> Iterator[Said]:
    """Yield the messages before a number, the latest first, read as far as they are taken."""
    while before > 1:
        rows = _messages(conversation_id, before=before).values_list(
            "sequence", "role", "author__username", "author_name", "text"
        )
        chunk = list(rows[:CHUNK_MESSAGES])
        for _, role, username, name, text in chunk:
            yield Said(cast("MessageRole", role), username or name, text)
        before = chunk[-1][0] if len(chunk) == CHUNK_MESSAGES else 0


def _messages(conversation_id: int, *, before: int) -> QuerySet[Message]:
    rows = Message.objects.filter(conversation_id=conversation_id, sequence__lt=before, deleted_at=None)
    return rows.order_by("-sequence")
