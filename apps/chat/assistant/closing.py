"""The end of a reply, inside one transaction: its text becomes a message or is dropped; what came meanwhile is next."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.chat.assistant.beginning import begun
from apps.chat.assistant.record import reply_record
from apps.chat.assistant.upstream import Usage
from apps.chat.assistant.usage import booked, cost_micros, measured
from apps.chat.exceptions import NotFoundError
from apps.chat.live.publication import message_changed, reply_changed
from apps.chat.models import Conversation, Message, Reply
from apps.chat.policy import assistant
from apps.chat.records import Outcome, message_record
from apps.chat.sequence import Numbers, allocate, change
from apps.chat.statistics import messages, replies

NAME = "Assistant"
WAITING = "waiting"  # the fault of a reply that is written when the endpoint is back
NEEDS_WORDS = frozenset({"complete", "too_long", "cut"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a reply ended, by what fault if any, when another is possible, and what it cost where that is known."""

    outcome: Outcome
    fault: str = ""
    retry_at: datetime | None = None
    usage: Usage | None = None


def closed(reply: Reply, *, text: str, html: str, closing: Closing) -> None:
    """Store what there is and end the reply, whose row the caller has locked; `html` is empty for no words.

    Locks the message that is replaced, then the conversation. Everybody hears after the commit, of the reply first.
    """
    if not html and _must_wait(reply, closing):
        if not reply.is_stop_asked and may_wait(reply):
            _wait(reply)
            return
        closing = _given_up(reply, closing)
    stored, closing = _stored(reply, text=text, html=html, closing=closing)
    measured(reply, text=text.strip(), usage=closing.usage)
    _end(reply, message=stored and stored[0], closing=closing)
    booked(reply)
    transaction.on_commit(lambda: _counted(reply, has_message=stored is not None and reply.replaces_id is None))
    reply_changed(reply_record(reply))
    if stored is not None:
        message_changed(message_record(stored[0]), numbers=stored[1])
    if _may_go_on(reply):
        _go_on(reply)


def may_wait(reply: Reply) -> bool:
    """Return whether a reply may wait for the endpoint: not too long, and not too many (one query)."""
    policy = assistant.current
    is_old = timezone.now() - reply.asked_at > timedelta(hours=policy.wait_hours)
    return not is_old and Reply.objects.filter(state=Reply.State.WAITING).count() < policy.waiting_replies


def _must_wait(reply: Reply, closing: Closing) -> bool:
    """Return whether the endpoint was down; a server that ends in the middle of a new try leaves it to the others."""
    return closing.fault == WAITING or (reply.error_code == WAITING and closing.outcome == "interrupted")


def _given_up(reply: Reply, closing: Closing) -> Closing:
    """Return how a reply ends that may not wait: as somebody wanted, or for the want of an endpoint."""
    if reply.is_stop_asked:
        return replace(closing, outcome="stopped", fault="")
    return replace(closing, outcome="failed", fault="unreachable")


def _wait(reply: Reply) -> None:
    """Have it wait; everybody hears, but of a new try that failed as the last one."""
    is_known, reply.error_code = reply.error_code == WAITING, WAITING
    reply.state, reply.heartbeat_at = Reply.State.WAITING, Now()
    reply.save(update_fields=["state", "error_code", "heartbeat_at"])
    if not is_known:
        reply_changed(reply_record(reply))


def _stored(reply: Reply, *, text: str, html: str, closing: Closing) -> tuple[tuple[Message, Numbers] | None, Closing]:
    """Return the message with the words, if there is one, and the closing as it turned out."""
    if not html:
        is_empty_handed = closing.outcome in NEEDS_WORDS
        return None, replace(closing, outcome="failed", fault=closing.fault or "failed") if is_empty_handed else closing
    store = _added if reply.replaces_id is None else _replaced
    try:
        return store(reply, text=text, html=html, completion=closing.outcome), closing
    except NotFoundError:
        return None, replace(closing, outcome="gone", fault="")


def _added(reply: Reply, *, text: str, html: str, completion: Outcome) -> tuple[Message, Numbers]:
    numbers = allocate(conversation_id=reply.conversation_id, count=1, last_message_at=timezone.now())
    message = Message.objects.create(
        conversation_id=reply.conversation_id,
        sequence=numbers.sequence,
        event=numbers.event,
        author_name=NAME,
        role=Message.Role.ASSISTANT,
        text=text,
        html=html,
        completion=completion,
        created_at=timezone.now(),  # after the wait for the lock: times follow the numbers
    )
    return message, numbers


def _replaced(reply: Reply, *, text: str, html: str, completion: Outcome) -> tuple[Message, Numbers]:
    rows = Message.objects.select_for_update(of=("self",)).select_related("author")
    message = rows.filter(pk=reply.replaces_id or 0, deleted_at=None).first()
    if message is None:
        raise NotFoundError("The message was deleted.")
    numbers = change(conversation_id=reply.conversation_id)
    message.text, message.html, message.completion = text, html, completion
    message.edited_at, message.event = timezone.now(), numbers.event
    message.save(update_fields=["text", "html", "completion", "edited_at", "event"])
    return message, numbers


def _end(reply: Reply, *, message: Message | None, closing: Closing) -> None:
    reply.state, reply.text, reply.ended_at = Reply.State.ENDED, "", timezone.now()
    reply.outcome, reply.error_code, reply.message = closing.outcome, closing.fault, message
    reply.retry_at = closing.retry_at
    reply.save()


def _counted(reply: Reply, *, has_message: bool) -> None:
    """Count what came of a reply, for whoever watches."""
    prompt_tokens, reply_tokens = reply.prompt_tokens or 0, reply.reply_tokens or 0
    replies.outcomes[reply.outcome] += 1
    replies.tokens["prompt"] += prompt_tokens
    replies.tokens["reply"] += reply_tokens
    replies.cost_micros += cost_micros(prompt_tokens, reply_tokens)
    messages[Message.Role.ASSISTANT] += has_message


def _may_go_on(reply: Reply) -> bool:
    """Return whether to look for more to answer. A question that no writer opened is asked again where its writer died,
    and nowhere else: what failed before it began would fail for ever.
    """
    if reply.seen_sequence == 0:
        return reply.outcome == Reply.Outcome.INTERRUPTED and reply.replaces_id is None
    return True


def _go_on(reply: Reply) -> None:
    """Answer what users said while this was written; whoever is saying something now waits for the lock, or we do."""
    conversation = Conversation.objects.select_for_update().filter(pk=reply.conversation_id, deleted_at=None).first()
    if conversation is None or not conversation.has_assistant or not assistant.current.is_on:
        return
    said = Message.objects.filter(
        conversation_id=reply.conversation_id,
        sequence__gt=reply.seen_sequence,
        role=Message.Role.USER,
        deleted_at=None,
    )
    latest = said.order_by("-sequence").first()
    if latest is not None:
        begun(reply.conversation_id, asked_by_id=latest.author_id)
