"""Start, list, rename and delete conversations."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left
from django.utils import timezone

from apps.chat.access import NO_CONVERSATION, ownership_of
from apps.chat.cursor import decoded, encoded
from apps.chat.exceptions import InvalidError, NotFoundError
from apps.chat.invalidation import conversation_ends, conversations_change, lists_change, membership_changes
from apps.chat.live.publication import conversation_changed
from apps.chat.models import Conversation, Membership, Message
from apps.chat.records import ConversationPage, ConversationRecord, MemberRole
from apps.chat.signals import conversation_deleted
from apps.chat.text import TITLE_MAX_CHARACTERS, checked_line, checked_prompt, without_marks

LIST_MAX_CONVERSATIONS = 100
LIST_DEFAULT_CONVERSATIONS = 50
PREVIEW_CHARACTERS = 120
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def create_conversation(
    *, user_id: int, title: str, has_assistant: bool = False, system_prompt: str = ""
) -> ConversationRecord:
    """Start a conversation with the caller as its owner; raise InvalidError for a bad title or prompt."""
    title = checked_line("title", title, maximum=TITLE_MAX_CHARACTERS)
    prompt = checked_prompt("system_prompt", system_prompt)
    with transaction.atomic():
        conversation = Conversation.objects.create(title=title, has_assistant=has_assistant, system_prompt=prompt)
        membership_changes(conversation.pk, user_id)
        Membership.objects.create(conversation=conversation, user_id=user_id, role=Membership.Role.OWNER)
    return get_conversation(user_id=user_id, conversation_id=conversation.pk)


def get_conversation(*, user_id: int, conversation_id: int) -> ConversationRecord:
    """Return the conversation as its member sees it (one query); raise NotFoundError."""
    found = _listed(user_id).filter(conversation_id=conversation_id).first()
    if found is None:
        raise NotFoundError(NO_CONVERSATION)
    return _record(found)


def list_conversations(
    *, user_id: int, limit: int = LIST_DEFAULT_CONVERSATIONS, cursor: str | None = None
) -> ConversationPage:
    """Return the caller's conversations, the latest message first, unread counts and previews in the one query.

    Raises InvalidError for a limit out of bounds or a cursor that is not ours.
    """
    if not 1 <= limit <= LIST_MAX_CONVERSATIONS:
        raise InvalidError("limit", f"must be from 1 to {LIST_MAX_CONVERSATIONS}.")
    rows = list(
        _after(_listed(user_id), cursor).order_by("-conversation__last_message_at", "-conversation_id")[: limit + 1]
    )
    page = [_record(row) for row in rows[:limit]]
    has_more = len(rows) > limit
    return ConversationPage(results=page, next=_cursor(page[-1]) if has_more else None)


def rename_conversation(*, user_id: int, conversation_id: int, title: str) -> ConversationRecord:
    """Give the conversation another title; raise NotFoundError, ForbiddenError or InvalidError."""
    return change_conversation(user_id=user_id, conversation_id=conversation_id, title=title)


def change_conversation(
    *,
    user_id: int,
    conversation_id: int,
    title: str | None = None,
    has_assistant: bool | None = None,
    system_prompt: str | None = None,
) -> ConversationRecord:
    """Change what is given: the title, whether the assistant answers, what it is told first; None leaves as it is.

    Raises NotFoundError, ForbiddenError or InvalidError. A reply under way goes on.
    """
    values: dict[str, str | bool] = {}
    if title is not None:
        values["title"] = checked_line("title", title, maximum=TITLE_MAX_CHARACTERS)
    if has_assistant is not None:
        values["has_assistant"] = has_assistant
    if system_prompt is not None:
        values["system_prompt"] = checked_prompt("system_prompt", system_prompt)
    if not values:
        raise InvalidError("title", "is missing, and so is everything else that could be changed.")
    ownership_of(user_id=user_id, conversation_id=conversation_id, to="change it")
    with transaction.atomic():
        conversations_change(conversation_id)
        Conversation.objects.filter(pk=conversation_id).update(**values)
        lists_change(conversation_id)
        _tell(conversation_id, values)
    return get_conversation(user_id=user_id, conversation_id=conversation_id)


def delete_conversation(*, user_id: int, conversation_id: int) -> None:
    """Take the conversation away from everybody at once; its messages are purged afterwards by a task."""
    with transaction.atomic():
        ownership_of(user_id=user_id, conversation_id=conversation_id, to="delete it")
        discard(conversation_id)


def discard(conversation_id: int) -> None:
    """Hide a conversation from everybody and have it purged after the commit. Call inside a transaction."""
    members = Membership.objects.filter(conversation_id=conversation_id)
    conversation_ends(conversation_id, members.values_list("user_id", flat=True))
    Conversation.objects.filter(pk=conversation_id).update(deleted_at=timezone.now(), source_id="")
    members.delete()
    transaction.on_commit(lambda: conversation_deleted.send(sender=Conversation, conversation_id=conversation_id))


def _tell(conversation_id: int, values: Mapping[str, str | bool]) -> None:
    for name, change in (("title", "renamed"), ("has_assistant", "assistant")):
        if name in values:
            conversation_changed(conversation_id, change=change, **{name: values[name]})


def _listed(user_id: int) -> QuerySet[Membership]:
    last = Message.objects.filter(
        conversation_id=OuterRef("conversation_id"), sequence=OuterRef("conversation__last_sequence")
    )
    return (
        Membership.objects.filter(user_id=user_id, conversation__deleted_at=None)
        .select_related("conversation")
        .annotate(preview=Subquery(last.values(start=Left("text", PREVIEW_CHARACTERS))[:1]))
    )


def _record(membership: Membership) -> ConversationRecord:
    conversation = membership.conversation
    return ConversationRecord(
        id=conversation.pk,
        title=conversation.title,
        role=cast("MemberRole", membership.role),
        created_at=conversation.created_at,
        last_message_at=conversation.last_message_at,
        last_sequence=conversation.last_sequence,
        last_event=conversation.last_event,
        last_read_sequence=membership.last_read_sequence,
        unread=max(0, conversation.last_sequence - membership.last_read_sequence),
        preview=without_marks(getattr(membership, "preview", None) or ""),
        has_assistant=conversation.has_assistant,
        system_prompt=conversation.system_prompt,
    )


def _cursor(last: ConversationRecord) -> str:
    return encoded((last.last_message_at - EPOCH) // timedelta(microseconds=1), last.id)


def _after(rows: QuerySet[Membership], cursor: str | None) -> QuerySet[Membership]:
    if cursor is None:
        return rows
    microseconds, conversation_id = decoded(cursor, count=2)
    try:
        moment = EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        raise InvalidError("cursor", "is not one this site gave.") from None
    is_older = Q(conversation__last_message_at__lt=moment)
    return rows.filter(is_older | Q(conversation__last_message_at=moment, conversation_id__lt=conversation_id))
