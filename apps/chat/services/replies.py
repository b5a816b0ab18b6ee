"""Ask the assistant, stop it, see how it goes. Whoever writes hears of it by the signal `reply_requested`."""

import math

from django.db import transaction
from django.utils import timezone

from apps.chat.access import membership_of
from apps.chat.assistant.beginning import begun, begun_again, running
from apps.chat.assistant.budget import often
from apps.chat.assistant.closing import Closing
from apps.chat.assistant.orders import order_stop
from apps.chat.assistant.record import reply_record
from apps.chat.assistant.waiting import ended
from apps.chat.exceptions import (
    AssistantOffError,
    NoAssistantError,
    NotFoundError,
    NothingToAnswerError,
    ReplyUnderWayError,
)
from apps.chat.models import Conversation, Message, Reply
from apps.chat.policy import assistant, limits
from apps.chat.rates import too_often
from apps.chat.records import ReplyRecord


def request_reply(*, user_id: int, conversation_id: int, is_regeneration: bool = False) -> ReplyRecord:
    """Have the assistant answer, or write its last message anew; return the reply that is being written.

    Where that is under way already, it is that one. Raises NotFoundError, a ConflictError that says why not, or
    RateError for one too many. Blocks while others send into the conversation.
    """
    with transaction.atomic():
        Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        conversation = membership_of(user_id=user_id, conversation_id=conversation_id).conversation
        _check(conversation)
        under_way = running(conversation_id)
        if under_way is not None:
            return _joined(under_way, is_regeneration=is_regeneration)
        replaced = _answered(conversation_id) if is_regeneration else None
        if not is_regeneration:
            _check_question(conversation_id)
        _check_rate(user_id)
        return begun(conversation_id, asked_by_id=user_id, replaces=replaced)


def answer_message(message: Message) -> None:
    """Have the assistant answer a message that has just been stored; call under the lock of its number.

    While another reply is being written this does nothing: that one's end looks for what came meanwhile. One that waits
    for the endpoint is tried at once, and answers this as well.
    """
    if not assistant.current.is_on:
        return
    under_way = running(message.conversation_id)
    if under_way is None:
        begun(message.conversation_id, asked_by_id=message.author_id)
    elif under_way.state == Reply.State.WAITING:
        begun_again(under_way)


def get_reply(*, user_id: int, conversation_id: int) -> ReplyRecord:
    """Return the last reply with its text so far (two queries); raise NotFoundError, also where there was none."""
    membership_of(user_id=user_id, conversation_id=conversation_id)
    found = Reply.objects.select_related("asked_by").filter(conversation_id=conversation_id).order_by("-pk").first()
    if found is None:
        raise NotFoundError("There has been no reply.")
    return reply_record(found)


def stop_reply(*, user_id: int, conversation_id: int) -> None:
    """Have the reply that is being written stop, whichever process writes it; none is no error.

    Raises NotFoundError. Three queries; what is written so far is stored a moment later.
    """
    membership_of(user_id=user_id, conversation_id=conversation_id)
    under_way = running(conversation_id)
    if under_way is None:
        return
    Reply.objects.filter(pk=under_way.pk).update(is_stop_asked=True)  # first: one that begins to wait now sees it
    if not ended(under_way.pk, Closing(outcome="stopped")):
        order_stop(under_way.pk)


def _check(conversation: Conversation) -> None:
    if not conversation.has_assistant:
        raise NoAssistantError("This conversation has no assistant. An owner can give it one.")
    if not assistant.current.is_on:
        raise AssistantOffError("The assistant is turned off for the whole site.")


def _check_rate(user_id: int) -> None:
    if retry_at := often(user_id):
        seconds = math.ceil((retry_at - timezone.now()).total_seconds())
        raise too_often("You may have {} replies an hour.", limits.current.replies_per_hour, seconds)


def _check_question(conversation_id: int) -> None:
    last = _latest(conversation_id, Message.Role.USER, Message.Role.ASSISTANT)
    if last is None:
        raise NothingToAnswerError("Nobody has said anything yet.")
    if last.role == Message.Role.ASSISTANT:
        raise NothingToAnswerError("The assistant had the last word. Say something, or have it write that anew.")


def _joined(under_way: Reply, *, is_regeneration: bool) -> ReplyRecord:
    if is_regeneration != (under_way.replaces_id is not None):
        raise ReplyUnderWayError("Another reply is being written. Wait for it, or stop it.")
    return begun_again(under_way)


def _answered(conversation_id: int) -> Message:
    last = _latest(conversation_id, Message.Role.ASSISTANT)
    if last is None:
        raise NothingToAnswerError("The assistant has said nothing yet that it could write anew.")
    return last


def _latest(conversation_id: int, *roles: Message.Role) -> Message | None:
    rows = Message.objects.filter(conversation_id=conversation_id, role__in=roles, deleted_at=None)
    return rows.order_by("-sequence").first()
