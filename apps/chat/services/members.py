"""Who is in a conversation: add, remove, leave."""

from typing import cast

from django.db import IntegrityError, transaction

from apps.chat.access import membership_of, ownership_of
from apps.chat.exceptions import ConflictError, ForbiddenError, InvalidError, NotFoundError
from apps.chat.invalidation import membership_changes
from apps.chat.models import Conversation, Membership, User
from apps.chat.records import MemberRecord, MemberRole
from apps.chat.services.conversations import discard
from apps.chat.text import NAME_MAX_CHARACTERS, checked_line

READERS_MAX = 20


def list_members(*, user_id: int, conversation_id: int) -> list[MemberRecord]:
    """Return the members, the longest-standing first (two queries); raise NotFoundError."""
    membership_of(user_id=user_id, conversation_id=conversation_id)
    return [_record(row) for row in _members(conversation_id)]


def list_readers(*, user_id: int, conversation_id: int, sequence: int) -> list[MemberRecord]:
    """Return up to 20 other members who have read up to a message; nobody to those who are not members. One query."""
    rows = Membership.objects.filter(conversation_id=conversation_id, last_read_sequence__gte=sequence)
    rows = rows.filter(conversation__memberships__user_id=user_id).exclude(user_id=user_id)
    return [_record(row) for row in rows.select_related("user").order_by("pk")[:READERS_MAX]]


def add_member(*, user_id: int, conversation_id: int, username: str) -> MemberRecord:
    """Add an active user, unread from now on; raise NotFoundError, ForbiddenError, InvalidError or ConflictError."""
    conversation = ownership_of(user_id=user_id, conversation_id=conversation_id, to="add members").conversation
    username = checked_line("username", username, maximum=NAME_MAX_CHARACTERS)
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise InvalidError("username", "is nobody who can sign in here.")
    try:
        with transaction.atomic():
            # Locked: whoever sends at this moment tells either the new member, too, or before they came.
            Conversation.objects.select_for_update(no_key=True).filter(pk=conversation_id).first()
            membership_changes(conversation_id, user.pk)
            row = Membership.objects.create(
                conversation=conversation, user=user, last_read_sequence=conversation.last_sequence
            )
    except IntegrityError:
        raise ConflictError(f"{username} is a member already.") from None
    return _record(row)


def remove_member(*, user_id: int, conversation_id: int, member_id: int) -> None:
    """Let a member go: oneself, or anybody by an owner. Raises NotFoundError or ForbiddenError.

    When the last owner leaves, the longest-standing member becomes owner; when nobody is left, the conversation goes.
    """
    with transaction.atomic():
        # Locked before the caller's role is read: of two owners who remove each other, the second is one no more.
        Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        own = membership_of(user_id=user_id, conversation_id=conversation_id)
        if member_id != user_id and own.role != Membership.Role.OWNER:
            raise ForbiddenError("Only an owner of the conversation may remove others.")
        _remove(conversation_id, member_id)


def expel_member(*, conversation_id: int, member_id: int) -> None:
    """Let a member go by the staff's authority, by the same rules; raise NotFoundError when there is no such member."""
    with transaction.atomic():
        Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        _remove(conversation_id, member_id)


def leave_everywhere(*, user_id: int) -> None:
    """Take somebody out of all their conversations, as if they had left each."""
    memberships = Membership.objects.filter(user_id=user_id).order_by("conversation_id")  # the order imports lock in
    for conversation_id in list(memberships.values_list("conversation_id", flat=True)):
        remove_member(user_id=user_id, conversation_id=conversation_id, member_id=user_id)


def _remove(conversation_id: int, member_id: int) -> None:
    membership_changes(conversation_id, member_id)
    removed, _ = Membership.objects.filter(conversation_id=conversation_id, user_id=member_id).delete()
    if not removed:
        raise NotFoundError("There is no such member.")
    Conversation.objects.filter(pk=conversation_id, imported_by_id=member_id).update(imported_by=None, source_id="")
    _pass_on(conversation_id)


def _pass_on(conversation_id: int) -> None:
    remaining = list(_members(conversation_id))
    if not remaining:
        discard(conversation_id)
    elif all(row.role != Membership.Role.OWNER for row in remaining):
        membership_changes(conversation_id, remaining[0].user_id)
        Membership.objects.filter(pk=remaining[0].pk).update(role=Membership.Role.OWNER)


def _members(conversation_id: int) -> "list[Membership]":
    rows = Membership.objects.filter(conversation_id=conversation_id).select_related("user")
    return list(rows.order_by("joined_at", "pk"))


def _record(row: Membership) -> MemberRecord:
    return MemberRecord(
        id=row.user_id,
        name=row.user.get_username(),
        role=cast("MemberRole", row.role),
        joined_at=row.joined_at,
        last_read_sequence=row.last_read_sequence,
    )
