"""Inviting, removing, leaving."""

import pytest
from django.db.models import QuerySet

from apps.chat.exceptions import ConflictError, ForbiddenError, InvalidError, NotFoundError
from apps.chat.models import Conversation, Membership, User
from apps.chat.services.conversations import get_conversation
from apps.chat.services.history import history_page
from apps.chat.services.members import add_member, list_members, remove_member
from tests.chat.people import conversation, person, said


def test_an_invited_member_reads_everything_and_begins_without_unread(ann: User, bob: User) -> None:
    where = conversation(ann)
    said(ann, where, "before", "too")
    added = add_member(user_id=ann.pk, conversation_id=where.id, username="bob")
    assert (added.id, added.name, added.role) == (bob.pk, "bob", "member")
    assert get_conversation(user_id=bob.pk, conversation_id=where.id).unread == 0
    assert len(history_page(user_id=bob.pk, conversation_id=where.id).messages) == 2
    assert [member.name for member in list_members(user_id=bob.pk, conversation_id=where.id)] == ["ann", "bob"]


def test_only_an_owner_invites(ann: User, bob: User, eve: User) -> None:
    where = conversation(ann, bob)
    with pytest.raises(ForbiddenError):
        add_member(user_id=bob.pk, conversation_id=where.id, username="eve")
    with pytest.raises(NotFoundError):
        add_member(user_id=eve.pk, conversation_id=where.id, username="eve")


def test_nobody_is_invited_twice_or_who_cannot_sign_in(ann: User, bob: User) -> None:
    where = conversation(ann, bob)
    person("gone", is_active=False)
    with pytest.raises(ConflictError, match="already"):
        add_member(user_id=ann.pk, conversation_id=where.id, username="bob")
    for name in ("gone", "nobody", "", "x" * 300, "a\x00b"):
        with pytest.raises(InvalidError) as refused:
            add_member(user_id=ann.pk, conversation_id=where.id, username=name)
        assert refused.value.field == "username"


def test_members_leave_and_owners_remove(ann: User, bob: User, eve: User) -> None:
    where = conversation(ann, bob, eve)
    with pytest.raises(ForbiddenError):
        remove_member(user_id=bob.pk, conversation_id=where.id, member_id=eve.pk)
    remove_member(user_id=bob.pk, conversation_id=where.id, member_id=bob.pk)
    remove_member(user_id=ann.pk, conversation_id=where.id, member_id=eve.pk)
    for gone in (bob, eve):
        with pytest.raises(NotFoundError):
            history_page(user_id=gone.pk, conversation_id=where.id)
    with pytest.raises(NotFoundError, match="member"):
        remove_member(user_id=ann.pk, conversation_id=where.id, member_id=eve.pk)


def test_an_owner_removed_while_waiting_for_the_lock_removes_nobody(
    ann: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = conversation(ann, bob)
    theirs = Membership.objects.filter(conversation_id=where.id, user=bob)
    theirs.update(role=Membership.Role.OWNER)

    def locked_after_the_other() -> QuerySet[Conversation]:
        theirs.delete()
        return Conversation.objects.all()

    monkeypatch.setattr(Conversation.objects, "select_for_update", locked_after_the_other)
    with pytest.raises(NotFoundError):
        remove_member(user_id=bob.pk, conversation_id=where.id, member_id=ann.pk)
    assert get_conversation(user_id=ann.pk, conversation_id=where.id).role == "owner"


def test_the_longest_standing_member_inherits(ann: User, bob: User, eve: User) -> None:
    where = conversation(ann, bob, eve)
    remove_member(user_id=ann.pk, conversation_id=where.id, member_id=ann.pk)
    assert get_conversation(user_id=bob.pk, conversation_id=where.id).role == "owner"
    assert get_conversation(user_id=eve.pk, conversation_id=where.id).role == "member"


def test_when_the_last_member_leaves_the_conversation_goes(ann: User) -> None:
    where = conversation(ann)
    remove_member(user_id=ann.pk, conversation_id=where.id, member_id=ann.pk)
    assert Conversation.objects.get(pk=where.id).deleted_at is not None


def test_a_deleted_user_leaves_name_and_conversations_behind(ann: User, bob: User) -> None:
    where, own = conversation(ann, bob), conversation(ann)
    said(ann, where, "remember me")
    ann.delete()
    message = history_page(user_id=bob.pk, conversation_id=where.id).messages[0]
    assert (message.author.id, message.author.name) == (None, "ann")
    assert get_conversation(user_id=bob.pk, conversation_id=where.id).role == "owner"
    assert Conversation.objects.get(pk=own.id).deleted_at is not None
