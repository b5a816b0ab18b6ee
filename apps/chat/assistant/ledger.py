"""What the database holds of replies: read and written by short questions, each in a thread.

The state of the row is the fence: whoever ends a reply does so once, and whoever comes second finds it ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.chat.assistant.budget import check
from apps.chat.assistant.closing import Closing, closed
from apps.chat.assistant.context import Said, tokens_of, window
from apps.chat.assistant.record import reply_record
from apps.chat.assistant.upstream import Question
from apps.chat.assistant.usage import model_asked
from apps.chat.exceptions import NotFoundError
from apps.chat.live.publication import reply_changed
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


class StoppedError(Exception):
    """Somebody wanted the reply to stop before its writer began."""


def opened(reply_id: int) -> tuple[ReplyRecord, Question]:
    """Return a reply and what it is to answer; a few queries.

    Raises NotFoundError when nothing is left to answer, StoppedError or BudgetError when it may not begin.
    """
    reply = Reply.objects.select_related("asked_by", "conversation", "replaces").filter(pk=reply_id).first()
    if reply is None or reply.state != Reply.State.WRITING or reply.conversation.deleted_at is not None:
        raise NotFoundError("There is no such conversation.")
    reply.model, seen = model_asked(), reply.conversation.last_sequence
    Reply.objects.filter(pk=reply_id).update(seen_sequence=seen, model=reply.model)
    if reply.is_stop_asked:  # the order came before there was a writer who could hear it
        raise StoppedError
    check(reply)
    question = _question(reply)
    prompt_tokens = sum(tokens_of(line.content) for line in question.lines)
    Reply.objects.filter(pk=reply_id).update(prompt_tokens=prompt_tokens)
    return reply_record(reply), question


def beat(reply_id: int, *, text: str) -> Beat:
    """Keep what is written so far and say that the writer lives. Two queries."""
    ours = Reply.objects.filter(pk=reply_id, state=Reply.State.WRITING, conversation__deleted_at=None)
    if not ours.update(text=text, heartbeat_at=Now()):
        return Beat(is_ours=False, is_stop_asked=False)
    return Beat(is_ours=True, is_stop_asked=ours.filter(is_stop_asked=True).exists())


def concluded(reply_id: int, *, text: str, closing: Closing) -> None:
    """End a reply: store its text as a message, and tell. Where somebody else has ended it, only tell that again."""
    html = rendered(text) if text.strip() else ""
    with transaction.atomic():
        reply = _locked(Reply.objects.filter(pk=reply_id))
        if reply is not None:
            closed(reply, text=text, html=html, closing=closing)
        else:
            _tell_end(reply_id)


def silent() -> set[int]:
    """Return the replies whose writers gave no sign for the lease, by the database's clock: one for all machines."""
    return set(_silent().values_list("pk", flat=True))


def bury(reply_id: int) -> bool:
    """End a reply whose writer is dead, with what it kept; return False where the writer, or its end, came first."""
    text = _silent().filter(pk=reply_id).values_list("text", flat=True).first() or ""
    html = rendered(text) if text.strip() else ""
    with transaction.atomic():
        reply = _locked(_silent().filter(pk=reply_id, text=text))
        if reply is not None:
            closing = Closing(outcome="stopped" if reply.is_stop_asked else "interrupted")
            closed(reply, text=text, html=html, closing=closing)
    return reply is not None


def _silent() -> QuerySet[Reply]:
    return Reply.objects.filter(state=Reply.State.WRITING, heartbeat_at__lt=Now() - LEASE)


def _locked(rows: QuerySet[Reply]) -> Reply | None:
    locked = rows.filter(state=Reply.State.WRITING).select_for_update(of=("self",))
    return locked.select_related("asked_by", "conversation").first()


def _tell_end(reply_id: int) -> None:
    """Tell how a reply ended once more: its words may have been told after that."""
    reply = Reply.objects.select_related("asked_by").filter(pk=reply_id, state=Reply.State.ENDED).first()
    if reply is not None:
        reply_changed(reply_record(reply))


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
        is_anew=reply.replaces_id is not None,
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
