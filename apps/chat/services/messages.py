"""Send, edit and delete messages."""

from contextlib import suppress

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.chat.access import NO_CONVERSATION, editable_message, membership_of
from apps.chat.exceptions import ConflictError, NotFoundError
from apps.chat.invalidation import marker_moves
from apps.chat.live.publication import message_changed
from apps.chat.markdown import rendered
from apps.chat.models import Membership, Message
from apps.chat.policy import chat
from apps.chat.records import MessageRecord, SentMessage, message_record
from apps.chat.sequence import allocate, change
from apps.chat.services.replies import answer_message
from apps.chat.statistics import messages
from apps.chat.text import CLIENT_ID_MAX_CHARACTERS, checked_line, checked_text


def send_message(*, user_id: int, conversation_id: int, text: str, client_id: str | None = None) -> SentMessage:
    """Store a message and return it; a send repeated with the same client_id returns what the first one stored.

    Raises NotFoundError, InvalidError naming the field, or ConflictError when the client_id belongs to another text.
    Blocks while others send into the same conversation. Four writes or reads in one transaction.
    """
    text = checked_text("text", text, maximum=chat.current.message_length)
    if client_id is not None:
        client_id = checked_line("client_id", client_id, maximum=CLIENT_ID_MAX_CHARACTERS)
    html = rendered(text)
    try:
        with transaction.atomic():
            membership = membership_of(user_id=user_id, conversation_id=conversation_id)
            return _stored(membership, text=text, html=html, client_id=client_id)
    except IntegrityError:
        return _sent_before(user_id=user_id, conversation_id=conversation_id, text=text, client_id=client_id)


def edit_message(*, user_id: int, message_id: int, text: str) -> MessageRecord:
    """Give the message a new text; raise NotFoundError, ForbiddenError, InvalidError, or ConflictError when deleted."""
    text = checked_text("text", text, maximum=chat.current.message_length)
    html = rendered(text)
    with transaction.atomic():
        message = editable_message(user_id=user_id, message_id=message_id)
        if message.deleted_at is not None:
            raise ConflictError("The message was deleted.")
        message.text, message.html, message.edited_at = text, html, timezone.now()
        return _changed(message, "text", "html", "edited_at")


def delete_message(*, user_id: int, message_id: int) -> None:
    """Leave a tombstone in the message's place; deleting twice is no error. Raises NotFoundError, ForbiddenError."""
    with transaction.atomic():
        _bury(editable_message(user_id=user_id, message_id=message_id))


def take_down_message(*, message_id: int) -> None:
    """Leave a tombstone in the message's place, by the staff's authority; an unknown message is no error."""
    with transaction.atomic():
        message = Message.objects.select_for_update(of=("self",)).select_related("author").filter(pk=message_id).first()
        with suppress(NotFoundError):  # its conversation waits to be purged
            _bury(message)


def _bury(message: Message | None) -> None:
    if message is not None and message.deleted_at is None:
        message.text, message.html, message.deleted_at = "", "", timezone.now()
        _changed(message, "text", "html", "deleted_at")


def _changed(message: Message, *fields: str) -> MessageRecord:
    """Store the fields under a new number and tell whoever follows."""
    numbers = change(conversation_id=message.conversation_id)
    message.event = numbers.event
    message.save(update_fields=[*fields, "event"])
    record = message_record(message)
    message_changed(record, numbers=numbers)
    return record


def _stored(membership: Membership, *, text: str, html: str, client_id: str | None) -> SentMessage:
    marker_moves(membership.conversation_id, membership.user_id)
    numbers = allocate(conversation_id=membership.conversation_id, count=1, last_message_at=timezone.now())
    message = Message.objects.create(
        conversation_id=membership.conversation_id,
        sequence=numbers.sequence,
        event=numbers.event,
        author=membership.user,
        text=text,
        html=html,
        client_id=client_id,
        created_at=timezone.now(),  # after the wait for the lock: times follow the numbers
    )
    is_still_member = Membership.objects.filter(pk=membership.pk).update(last_read_sequence=numbers.sequence)
    if not is_still_member:  # removed during the wait for the lock
        raise NotFoundError(NO_CONVERSATION)
    record = message_record(message)
    message_changed(record, numbers=numbers)
    transaction.on_commit(_counted)
    if membership.conversation.has_assistant:
        answer_message(message)
    return SentMessage(message=record, event=numbers.event, is_new=True)


def _counted() -> None:
    """Count a message that was sent, for whoever watches."""
    messages[Message.Role.USER] += 1


def _sent_before(*, user_id: int, conversation_id: int, text: str, client_id: str | None) -> SentMessage:
    """Return the message an earlier send with this client_id stored; raise ConflictError if that was another."""
    sent = Message.objects.select_related("author").filter(author_id=user_id, client_id=client_id)
    stored = sent.first() if client_id else None
    if stored is None:
        raise ConflictError("The message could not be stored: its author or conversation has just been deleted.")
    has_changed = stored.edited_at is not None or stored.deleted_at is not None
    if stored.conversation_id != conversation_id or (stored.text != text and not has_changed):
        raise ConflictError("client_id: another message has been sent with it.")
    return SentMessage(message=message_record(stored), event=stored.event, is_new=False)
