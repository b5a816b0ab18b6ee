"""Rights are judged when an answer is given again, not when it was made."""

from typing import Any

import pytest

from apps.chat.exceptions import ConflictError
from apps.chat.models import Conversation, Membership, Message, User
from apps.chat.records import ConversationRecord
from apps.chat.services import messages
from apps.chat.services.members import add_member, remove_member
from tests.chat.api.caller import Caller, problem_of
from tests.chat.people import said
from tests.deduplication.idempotency.sending import is_replay, sent

HELLO = {"text": "hello"}


@pytest.fixture
def path(where: ConversationRecord) -> str:
    """Where the messages of the conversation are."""
    return f"/conversations/{where.id}/messages"


def has_role(user: User, where: ConversationRecord, role: str) -> None:
    """Give a member another role."""
    assert Membership.objects.filter(user=user, conversation_id=where.id).update(role=role) == 1


def test_who_was_removed_gets_what_a_stranger_gets(
    as_bob: Caller, as_eve: Caller, ann: User, bob: User, where: ConversationRecord, path: str
) -> None:
    assert sent(as_bob, "POST", path, HELLO).status_code == 201
    remove_member(user_id=ann.pk, conversation_id=where.id, member_id=bob.pk)
    removed, outsider = (sent(caller, "POST", path, HELLO) for caller in (as_bob, as_eve))
    problem_of(removed, 404)
    assert removed.content == outsider.content
    assert not is_replay(removed)


def test_who_was_removed_learns_nothing_by_another_payload(
    as_bob: Caller, ann: User, bob: User, where: ConversationRecord, path: str
) -> None:
    sent(as_bob, "POST", path, HELLO)
    remove_member(user_id=ann.pk, conversation_id=where.id, member_id=bob.pk)
    problem_of(sent(as_bob, "POST", path, {"text": "bye"}), 404)


def test_who_came_back_gets_the_answer_again(
    as_bob: Caller, ann: User, bob: User, where: ConversationRecord, path: str
) -> None:
    sent(as_bob, "POST", path, HELLO)
    remove_member(user_id=ann.pk, conversation_id=where.id, member_id=bob.pk)
    add_member(user_id=ann.pk, conversation_id=where.id, username="bob")
    assert is_replay(sent(as_bob, "POST", path, HELLO))
    assert Message.objects.count() == 1


def test_an_owner_no_more_gets_403_where_owners_are_asked_for(
    as_ann: Caller, ann: User, bob: User, where: ConversationRecord
) -> None:
    path = f"/conversations/{where.id}"
    sent(as_ann, "PATCH", path, {"title": "Mine"})
    has_role(bob, where, "owner")
    has_role(ann, where, "member")
    problem_of(sent(as_ann, "PATCH", path, {"title": "Mine"}), 403)


def test_an_owner_no_more_still_gets_the_answer_to_what_members_may(
    as_ann: Caller, ann: User, bob: User, where: ConversationRecord, path: str
) -> None:
    first = sent(as_ann, "POST", path, HELLO)
    has_role(bob, where, "owner")
    has_role(ann, where, "member")
    again = sent(as_ann, "POST", path, HELLO)
    assert is_replay(again)
    assert again.content == first.content
    assert Message.objects.count() == 1
    assert Conversation.objects.get().last_event == 1


def test_a_member_made_owner_gets_the_answer_without_a_second_effect(
    as_bob: Caller, bob: User, where: ConversationRecord, path: str, django_capture_on_commit_callbacks: Any
) -> None:
    sent(as_bob, "POST", path, HELLO)
    has_role(bob, where, "owner")
    with django_capture_on_commit_callbacks() as callbacks:
        assert is_replay(sent(as_bob, "POST", path, HELLO))
    assert callbacks == []
    assert Message.objects.count() == 1


def test_an_error_about_something_else_does_not_hide_the_answer(
    as_bob: Caller, bob: User, where: ConversationRecord, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(as_bob, "POST", path, HELLO)
    has_role(bob, where, "owner")

    def conflicting(**_: Any) -> None:
        raise ConflictError("for another reason")

    monkeypatch.setattr(messages, "send_message", conflicting)
    assert is_replay(sent(as_bob, "POST", path, HELLO))


def test_who_left_hears_again_that_they_left(as_bob: Caller, bob: User, where: ConversationRecord) -> None:
    path = f"/conversations/{where.id}/members/{bob.pk}"
    answers = [sent(as_bob, "DELETE", path) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert is_replay(answers[1])


def test_who_deleted_a_conversation_hears_again_that_it_is_gone(as_ann: Caller, where: ConversationRecord) -> None:
    answers = [sent(as_ann, "DELETE", f"/conversations/{where.id}") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert is_replay(answers[1])


def test_an_editor_removed_since_gets_404(as_bob: Caller, ann: User, bob: User, where: ConversationRecord) -> None:
    path = f"/messages/{said(bob, where, 'frist')[0].id}"
    assert sent(as_bob, "PATCH", path, {"text": "first"}).status_code == 200
    assert is_replay(sent(as_bob, "PATCH", path, {"text": "first"}))
    remove_member(user_id=ann.pk, conversation_id=where.id, member_id=bob.pk)
    problem_of(sent(as_bob, "PATCH", path, {"text": "first"}), 404)


def test_who_signed_out_or_was_deactivated_is_a_stranger(
    as_bob: Caller, bob: User, where: ConversationRecord, path: str
) -> None:
    sent(as_bob, "POST", path, HELLO)
    bob.is_active = False
    bob.save()
    problem_of(sent(as_bob, "POST", path, HELLO), 401)


def test_a_replay_needs_the_csrf_token_as_well(bob: User, where: ConversationRecord, path: str) -> None:
    sent(Caller(bob), "POST", path, HELLO)
    problem_of(sent(Caller(bob, enforce_csrf_checks=True), "POST", path, HELLO), 403)
