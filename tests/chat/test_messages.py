"""Sending, editing and deleting."""

from typing import Any

import pytest

from apps.chat.exceptions import ConflictError, ForbiddenError, InvalidError, NotFoundError
from apps.chat.models import Conversation, Message, User
from apps.chat.sequence import allocate
from apps.chat.services import messages
from apps.chat.services.conversations import get_conversation
from apps.chat.services.history import history_page
from apps.chat.services.members import remove_member
from apps.chat.services.messages import delete_message, edit_message, send_message, take_down_message
from tests.chat.people import conversation, said


def test_messages_are_numbered_without_gap(ann: User, bob: User) -> None:
    where = conversation(ann, bob)
    sent = said(ann, where, "one") + said(bob, where, "two") + said(ann, where, "three")
    assert [message.sequence for message in sent] == [1, 2, 3]


def test_a_sent_message_comes_back_as_stored(ann: User) -> None:
    where = conversation(ann)
    sent = send_message(user_id=ann.pk, conversation_id=where.id, text="*hi*", client_id="a")
    assert sent.is_new
    assert sent.message.html == "<p><em>hi</em></p>\n"
    assert sent.message.author.name == "ann"
    assert history_page(user_id=ann.pk, conversation_id=where.id).messages == [sent.message]


def test_a_resent_message_is_stored_once(ann: User) -> None:
    where = conversation(ann)
    first = send_message(user_id=ann.pk, conversation_id=where.id, text="hello", client_id="a")
    second = send_message(user_id=ann.pk, conversation_id=where.id, text="hello", client_id="a")
    assert not second.is_new
    assert second.message == first.message
    assert get_conversation(user_id=ann.pk, conversation_id=where.id).last_sequence == 1


def test_whoever_is_removed_while_waiting_for_a_number_sends_nothing(
    ann: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = conversation(ann, bob)

    def allocated_after_the_removal(**wanted: Any) -> int:
        remove_member(user_id=ann.pk, conversation_id=where.id, member_id=bob.pk)
        return allocate(**wanted)

    monkeypatch.setattr(messages, "allocate", allocated_after_the_removal)
    with pytest.raises(NotFoundError):
        send_message(user_id=bob.pk, conversation_id=where.id, text="still here")
    assert not Message.objects.filter(conversation_id=where.id).exists()


def test_a_resend_takes_no_number(ann: User) -> None:
    where = conversation(ann)
    for _ in range(3):
        send_message(user_id=ann.pk, conversation_id=where.id, text="hello", client_id="a")
    assert said(ann, where, "next")[0].sequence == 2


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_a_resend_after_a_change_returns_the_changed_message(ann: User, change: str) -> None:
    where = conversation(ann)
    first = send_message(user_id=ann.pk, conversation_id=where.id, text="hello", client_id="a").message
    if change == "edit":
        edit_message(user_id=ann.pk, message_id=first.id, text="hello!")
    else:
        delete_message(user_id=ann.pk, message_id=first.id)
    again = send_message(user_id=ann.pk, conversation_id=where.id, text="hello", client_id="a")
    assert again.message.id == first.id
    assert not again.is_new


def test_one_client_id_for_two_texts_is_a_conflict(ann: User) -> None:
    where = conversation(ann)
    send_message(user_id=ann.pk, conversation_id=where.id, text="hello", client_id="a")
    with pytest.raises(ConflictError, match="client_id"):
        send_message(user_id=ann.pk, conversation_id=where.id, text="other", client_id="a")


def test_one_client_id_in_two_conversations_is_a_conflict(ann: User) -> None:
    send_message(user_id=ann.pk, conversation_id=conversation(ann).id, text="hello", client_id="a")
    elsewhere = conversation(ann)
    with pytest.raises(ConflictError, match="client_id"):
        send_message(user_id=ann.pk, conversation_id=elsewhere.id, text="hello", client_id="a")


def test_two_authors_may_use_the_same_client_id(ann: User, bob: User) -> None:
    where = conversation(ann, bob)
    for author in (ann, bob):
        assert send_message(user_id=author.pk, conversation_id=where.id, text="hello", client_id="a").is_new


def test_a_send_the_database_refuses_takes_no_number(ann: User) -> None:
    where = conversation(ann)
    Message.objects.create(conversation_id=where.id, sequence=1, event=1, text="taken")
    with pytest.raises(ConflictError, match="could not be stored"):
        send_message(user_id=ann.pk, conversation_id=where.id, text="hello")
    assert Conversation.objects.get(pk=where.id).last_sequence == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "blank"),
        (" \n\t", "blank"),
        ("x" * 20_001, "20,001 characters"),
        ("a\x00b", "NUL character at character 2"),
        ("a\ud800", "lone surrogate"),
        ("a\u202eb", "U\\+202E"),
        ("\u2066", "U\\+2066"),
    ],
)
def test_text_that_cannot_be_kept_is_refused_by_name(ann: User, text: str, reason: str) -> None:
    where = conversation(ann)
    with pytest.raises(InvalidError, match=reason) as refused:
        send_message(user_id=ann.pk, conversation_id=where.id, text=text)
    assert refused.value.field == "text"
    assert not Message.objects.exists()


def test_a_client_id_out_of_bounds_is_refused_by_name(ann: User) -> None:
    where = conversation(ann)
    for client_id in ("", "x" * 65, "a\nb"):
        with pytest.raises(InvalidError) as refused:
            send_message(user_id=ann.pk, conversation_id=where.id, text="hello", client_id=client_id)
        assert refused.value.field == "client_id"


def test_text_is_kept_to_the_letter(ann: User) -> None:
    text = "  two\r\n\tlines \u200f and a mark\n"
    assert said(ann, conversation(ann), text)[0].text == text


def test_outsiders_neither_send_nor_learn(ann: User, eve: User) -> None:
    where = conversation(ann)
    with pytest.raises(NotFoundError) as unseen:
        send_message(user_id=eve.pk, conversation_id=where.id, text="hello")
    with pytest.raises(NotFoundError) as unknown:
        send_message(user_id=eve.pk, conversation_id=10**9, text="hello")
    assert str(unseen.value) == str(unknown.value)


def test_an_edit_renders_again_and_is_marked(ann: User) -> None:
    message = said(ann, conversation(ann), "old")[0]
    edited = edit_message(user_id=ann.pk, message_id=message.id, text="**new**")
    assert edited.html == "<p><strong>new</strong></p>\n"
    assert edited.edited_at is not None
    assert edited.sequence == message.sequence


def test_a_deleted_message_leaves_a_tombstone(ann: User) -> None:
    where = conversation(ann)
    message = said(ann, where, "secret", "after")[0]
    for _ in range(2):
        delete_message(user_id=ann.pk, message_id=message.id)
    kept = history_page(user_id=ann.pk, conversation_id=where.id).messages[0]
    assert (kept.deleted, kept.text, kept.html) == (True, "", "")


def test_a_deleted_message_is_not_edited(ann: User) -> None:
    message = said(ann, conversation(ann), "secret")[0]
    delete_message(user_id=ann.pk, message_id=message.id)
    with pytest.raises(ConflictError, match="deleted"):
        edit_message(user_id=ann.pk, message_id=message.id, text="again")


def test_owners_change_what_members_wrote_and_not_the_other_way_round(ann: User, bob: User) -> None:
    where = conversation(ann, bob)
    owners, members = said(ann, where, "owner's")[0], said(bob, where, "member's")[0]
    assert edit_message(user_id=ann.pk, message_id=members.id, text="tidied").author.name == "bob"
    for change in (delete_message, lambda **who: edit_message(text="mine", **who)):
        with pytest.raises(ForbiddenError):
            change(user_id=bob.pk, message_id=owners.id)


def test_a_message_one_may_not_see_is_one_that_does_not_exist(ann: User, eve: User) -> None:
    message = said(ann, conversation(ann), "secret")[0]
    with pytest.raises(NotFoundError) as unseen:
        edit_message(user_id=eve.pk, message_id=message.id, text="x")
    with pytest.raises(NotFoundError) as unknown:
        edit_message(user_id=eve.pk, message_id=10**9, text="x")
    assert str(unseen.value) == str(unknown.value)


def test_staff_take_a_message_down_without_being_members(ann: User) -> None:
    where = conversation(ann)
    message = said(ann, where, "rude")[0]
    for message_id in (message.id, message.id, 10**9):
        take_down_message(message_id=message_id)
    assert history_page(user_id=ann.pk, conversation_id=where.id).messages[0].deleted
