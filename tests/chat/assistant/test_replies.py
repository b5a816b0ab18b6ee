"""Asking, joining, stopping: who may, and what becomes of it in the database."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.chat.assistant import beginning
from apps.chat.assistant.closing import Closing
from apps.chat.assistant.ledger import LEASE, StoppedError, beat, bury, concluded, opened, silent
from apps.chat.exceptions import (
    AssistantOffError,
    NoAssistantError,
    NotFoundError,
    NothingToAnswerError,
    ReplyUnderWayError,
)
from apps.chat.live import publication
from apps.chat.models import Conversation, Message, Reply, User
from apps.chat.policy import assistant
from apps.chat.records import ConversationRecord, Outcome, ReplyRecord
from apps.chat.services.conversations import change_conversation, delete_conversation
from apps.chat.services.members import remove_member
from apps.chat.services.messages import delete_message, edit_message
from apps.chat.services.replies import get_reply, request_reply, stop_reply
from apps.chat.signals import reply_requested
from tests.chat.people import conversation, said
from tests.tuning.obeying import obeying


@pytest.fixture
def where(ann: User, bob: User) -> ConversationRecord:
    """A conversation with an assistant, of ann and bob."""
    made = conversation(ann, bob)
    return change_conversation(user_id=ann.pk, conversation_id=made.id, has_assistant=True)


def ask(who: User, where: ConversationRecord, **options: Any) -> ReplyRecord:
    return request_reply(user_id=who.pk, conversation_id=where.id, **options)


def end(reply: ReplyRecord | Reply, text: str = "An answer", **closing: Any) -> Reply:
    """Have a reply opened and ended as its writer would."""
    key = reply.id if isinstance(reply, ReplyRecord) else reply.pk
    with suppress(NotFoundError):
        opened(key)
    concluded(key, text=text, closing=Closing(**{"outcome": "complete", **closing}))
    return Reply.objects.get(pk=key)


def running() -> Reply:
    return Reply.objects.get(state=Reply.State.WRITING)


def fall_silent() -> Reply:
    """Have the writer of the running reply be silent for the lease."""
    reply = running()
    Reply.objects.update(heartbeat_at=reply.heartbeat_at - LEASE)
    return reply


def texts(where: ConversationRecord) -> list[tuple[int, str, str | None]]:
    rows = Message.objects.filter(conversation_id=where.id).order_by("sequence")
    return list(rows.values_list("sequence", "text", "completion"))


def test_message_in_a_conversation_with_an_assistant_is_answered_by_itself(
    bob: User, where: ConversationRecord
) -> None:
    said(bob, where, "Hello")
    assert running().asked_by == bob
    ended = end(running(), "Hello **you**")
    assert (ended.outcome, ended.text, ended.error_code) == ("complete", "", "")
    message = Message.objects.get(role="assistant")
    assert (message.sequence, message.event, message.author_name) == (2, 2, "Assistant")
    assert message.html == "<p>Hello <strong>you</strong></p>\n"
    assert ended.message == message
    assert get_reply(user_id=bob.pk, conversation_id=where.id).message == message.pk


def test_message_elsewhere_is_not(ann: User, where: ConversationRecord) -> None:
    said(ann, conversation(ann), "Hello")
    with obeying(assistant, is_on=False):
        said(ann, where, "Hello")
    assert not Reply.objects.exists()


def test_whoever_writes_is_told_after_the_commit(
    ann: User, where: ConversationRecord, django_capture_on_commit_callbacks: Any
) -> None:
    asked: list[int] = []

    def hear(*, reply_id: int, **_: Any) -> None:
        asked.append(reply_id)

    reply_requested.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        said(ann, where, "Hello")
        assert asked == []
    reply_requested.disconnect(hear)
    assert asked == [running().pk]


def test_asking_again_joins_the_reply_that_is_being_written(ann: User, bob: User, where: ConversationRecord) -> None:
    said(ann, where, "Hello")
    assert ask(bob, where).id == ask(ann, where).id == running().pk
    with pytest.raises(ReplyUnderWayError, match="Wait for it, or stop it"):
        ask(bob, where, is_regeneration=True)
    end(running())
    again = ask(bob, where, is_regeneration=True)
    assert ask(ann, where, is_regeneration=True).id == again.id
    with pytest.raises(ReplyUnderWayError):
        ask(bob, where)


def test_no_two_replies_are_written_at_once_whoever_tries(ann: User, where: ConversationRecord) -> None:
    said(ann, where, "Hello")
    with pytest.raises(IntegrityError), transaction.atomic():
        Reply.objects.create(conversation_id=where.id)
    assert Reply.objects.count() == 1


def test_outsiders_may_neither_ask_nor_see_nor_stop(ann: User, eve: User, where: ConversationRecord) -> None:
    said(ann, where, "Hello")
    for service in (request_reply, get_reply, stop_reply):
        with pytest.raises(NotFoundError, match="no such conversation"):
            service(user_id=eve.pk, conversation_id=where.id)
    assert not running().is_stop_asked


def test_asking_says_why_there_is_no_reply(ann: User, where: ConversationRecord) -> None:
    with pytest.raises(NothingToAnswerError, match="Nobody has said anything"):
        ask(ann, where)
    with pytest.raises(NothingToAnswerError, match="nothing yet that it could write anew"):
        ask(ann, where, is_regeneration=True)
    with pytest.raises(NotFoundError, match="has been no reply"):
        get_reply(user_id=ann.pk, conversation_id=where.id)
    said(ann, where, "Hello")
    end(running())
    with pytest.raises(NothingToAnswerError, match="the last word"):
        ask(ann, where)
    with obeying(assistant, is_on=False), pytest.raises(AssistantOffError):
        ask(ann, where)
    change_conversation(user_id=ann.pk, conversation_id=where.id, has_assistant=False)
    with pytest.raises(NoAssistantError):
        ask(ann, where)


def test_stop_is_noted_for_the_writer_wherever_it_is(ann: User, bob: User, where: ConversationRecord) -> None:
    stop_reply(user_id=bob.pk, conversation_id=where.id)
    said(ann, where, "Hello")
    assert not beat(running().pk, text="").is_stop_asked
    stop_reply(user_id=bob.pk, conversation_id=where.id)
    found = beat(running().pk, text="So far")
    assert (found.is_ours, found.is_stop_asked) == (True, True)
    assert get_reply(user_id=ann.pk, conversation_id=where.id).text == "So far"


def test_stop_that_comes_before_there_is_a_writer_is_obeyed(ann: User, bob: User, where: ConversationRecord) -> None:
    said(ann, where, "Hello")
    stop_reply(user_id=bob.pk, conversation_id=where.id)
    with pytest.raises(StoppedError):
        opened(running().pk)


def test_question_is_what_was_said_after_the_system_prompt(ann: User, bob: User, where: ConversationRecord) -> None:
    change_conversation(user_id=ann.pk, conversation_id=where.id, system_prompt="Be brief")
    _, deleted = said(ann, where, "One", "Deleted")
    delete_message(user_id=ann.pk, message_id=deleted.id)
    said(bob, where, "Two")
    with obeying(assistant, model="m", temperature=0.1, reply_tokens=99):
        record, question = opened(running().pk)
    assert record.id == running().pk
    assert [line.content for line in question.lines] == ["Be brief", "ann: One", "bob: Two"]
    assert (question.text, question.before, question.asked_by) == ("Two", 3, ann.pk)
    assert (question.model, question.temperature, question.reply_tokens) == ("m", 0.1, 99)


def test_long_history_is_read_as_far_as_it_fits(ann: User, where: ConversationRecord) -> None:
    said(ann, where, *(f"number {number}" for number in range(70)))
    with obeying(assistant, context_tokens=100_000):
        assert len(opened(running().pk)[1].lines) == 70
    with obeying(assistant, context_tokens=256, reply_tokens=16):
        lines = opened(running().pk)[1].lines
    assert 10 < len(lines) < 60
    assert lines[-1].content == "number 69"


def test_regeneration_replaces_the_text_under_a_new_number(ann: User, where: ConversationRecord) -> None:
    said(ann, where, "A colour?")
    end(running(), "Red", outcome="cut", fault="cut")
    again = ask(ann, where, is_regeneration=True)
    assert [line.content for line in opened(again.id)[1].lines] == ["A colour?"]
    ended = end(again, "Blue")
    assert texts(where) == [(1, "A colour?", None), (2, "Blue", "complete")]
    message = Message.objects.get(sequence=2)
    assert message.edited_at is not None
    assert (message.event, Conversation.objects.get(pk=where.id).last_event) == (3, 3)
    assert ended.message == ended.replaces == message


def test_old_text_stays_where_not_a_word_came(ann: User, where: ConversationRecord) -> None:
    said(ann, where, "A colour?")
    end(running(), "Red")
    again = ask(ann, where, is_regeneration=True)
    ended = end(again, "  \n", outcome="cut", fault="slow")
    assert (ended.outcome, ended.error_code, ended.message) == ("failed", "slow", None)
    assert texts(where)[1] == (2, "Red", "complete")
    assert get_reply(user_id=ann.pk, conversation_id=where.id).error is not None


def test_answer_without_a_word_is_a_failure(ann: User, where: ConversationRecord) -> None:
    said(ann, where, "Hello")
    ended = end(running(), "")
    assert (ended.outcome, ended.error_code) == ("failed", "failed")
    assert len(texts(where)) == 1


def test_stopped_before_a_word_is_no_failure(ann: User, where: ConversationRecord) -> None:
    said(ann, where, "Hello")
    ended = end(running(), "", outcome="stopped")
    assert (ended.outcome, ended.error_code, ended.message) == ("stopped", "", None)


def test_reply_to_what_was_deleted_meanwhile_goes_nowhere(ann: User, where: ConversationRecord) -> None:
    said(ann, where, "A colour?")
    replaced = end(running(), "Red").message
    assert replaced is not None
    again = ask(ann, where, is_regeneration=True)
    delete_message(user_id=ann.pk, message_id=replaced.pk)
    assert end(again, "Blue").outcome == "gone"
    said(ann, where, "Hello")
    reply = running()
    delete_conversation(user_id=ann.pk, conversation_id=where.id)
    assert not beat(reply.pk, text="So far").is_ours
    with pytest.raises(NotFoundError):
        opened(reply.pk)
    assert end(reply, "So far").outcome == "gone"
    assert Message.objects.filter(role="assistant", deleted_at=None).count() == 0


def test_reply_goes_on_when_whoever_asked_is_removed(ann: User, bob: User, where: ConversationRecord) -> None:
    said(bob, where, "Hello")
    remove_member(user_id=ann.pk, conversation_id=where.id, member_id=bob.pk)
    assert beat(running().pk, text="So").is_ours
    assert end(running(), "So far").outcome == "complete"


def test_what_was_said_meanwhile_is_answered_next_and_only_once(
    ann: User, bob: User, where: ConversationRecord
) -> None:
    said(ann, where, "One?")
    first = running()
    opened(first.pk)
    said(bob, where, "Two?", "Three?")
    assert running() == first
    concluded(first.pk, text="Uno", closing=Closing(outcome="stopped"))
    second = running()
    assert (second.asked_by, second.pk != first.pk) == (bob, True)
    opened(second.pk)
    end(second)
    assert not Reply.objects.filter(state=Reply.State.WRITING).exists()


def test_next_reply_waits_for_somebody_to_ask_where_the_assistant_was_turned_off(
    ann: User, where: ConversationRecord
) -> None:
    said(ann, where, "One?")
    first = running()
    opened(first.pk)
    said(ann, where, "Two?")
    change_conversation(user_id=ann.pk, conversation_id=where.id, has_assistant=False)
    concluded(first.pk, text="Uno", closing=Closing(outcome="complete"))
    assert not Reply.objects.filter(state=Reply.State.WRITING).exists()


def test_reply_ends_once(ann: User, where: ConversationRecord) -> None:
    said(ann, where, "Hello")
    reply = running()
    end(reply, "First")
    assert end(reply, "Second", outcome="cut").outcome == "complete"
    assert not beat(reply.pk, text="Third").is_ours
    assert texts(where) == [(1, "Hello", None), (2, "First", "complete")]


def test_reply_of_a_dead_writer_is_put_away_with_what_it_kept(ann: User, where: ConversationRecord) -> None:
    said(ann, where, "Hello")
    reply = running()
    opened(reply.pk)
    beat(reply.pk, text="So far")
    assert (silent(), bury(reply.pk)) == (set(), False)
    fall_silent()
    assert silent() == {reply.pk}
    assert (bury(reply.pk), bury(reply.pk)) == (True, False)
    assert Reply.objects.get(pk=reply.pk).outcome == "interrupted"
    assert texts(where)[1] == (2, "So far", "interrupted")


def test_question_that_no_writer_opened_is_asked_again_by_whoever_puts_it_away(
    ann: User, where: ConversationRecord
) -> None:
    said(ann, where, "Hello")
    first = fall_silent()
    assert bury(first.pk)
    assert running().asked_by == ann
    assert opened(running().pk)[1].text == "Hello"


def test_question_that_somebody_stopped_is_not_asked_again_when_its_writer_died(
    ann: User, where: ConversationRecord
) -> None:
    said(ann, where, "Hello")
    stop_reply(user_id=ann.pk, conversation_id=where.id)
    first = fall_silent()
    assert bury(first.pk)
    assert Reply.objects.get().outcome == "stopped"


def test_writers_are_judged_by_the_clock_of_the_database(
    ann: User, where: ConversationRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = timezone.now() - 2 * LEASE
    monkeypatch.setattr(timezone, "now", lambda: slow)
    said(ann, where, "Hello")
    monkeypatch.undo()
    assert silent() == set()
    monkeypatch.setattr(timezone, "now", lambda: slow)
    beat(running().pk, text="So far")
    monkeypatch.undo()
    assert silent() == set()


def test_what_was_said_while_a_deleted_message_was_written_anew_is_answered(
    ann: User, where: ConversationRecord
) -> None:
    said(ann, where, "A colour?")
    replaced = end(running(), "Red").message
    assert replaced is not None
    again = ask(ann, where, is_regeneration=True)
    opened(again.id)
    said(ann, where, "And a shape?")
    delete_message(user_id=ann.pk, message_id=replaced.pk)
    concluded(again.id, text="Blue", closing=Closing(outcome="complete"))
    assert Reply.objects.get(pk=again.id).outcome == "gone"
    assert opened(running().pk)[1].text == "And a shape?"


@pytest.mark.parametrize("outcome", ["stopped", "cut"])
def test_question_that_was_not_opened_is_not_asked_again_where_it_was_stopped_or_failed(
    ann: User, where: ConversationRecord, outcome: Outcome
) -> None:
    said(ann, where, "Hello")
    concluded(running().pk, text="", closing=Closing(outcome=outcome))
    assert not Reply.objects.filter(state=Reply.State.WRITING).exists()


def test_owner_edits_what_the_assistant_said(ann: User, where: ConversationRecord) -> None:
    said(ann, where, "Hello")
    message = end(running(), "Hi").message
    assert message is not None
    edited = edit_message(user_id=ann.pk, message_id=message.pk, text="Hi there")
    assert (edited.text, edited.completion, edited.role) == ("Hi there", "complete", "assistant")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(publication, "_publish", lambda topic, payload: sent.append((topic, payload)))
    return sent


def test_end_is_told_before_the_message_and_both_after_the_commit(
    ann: User,
    where: ConversationRecord,
    published: list[tuple[str, dict[str, Any]]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    said(ann, where, "Hello")
    with django_capture_on_commit_callbacks(execute=True):
        end(running(), "Hi", fault="")
        assert published == []
    (_, first), (_, second) = published
    assert (first["type"], first["fields"]["reply"]["outcome"]) == ("reply", "complete")
    assert "text" not in first["fields"]["reply"]
    assert (second["sequence"], second["last_sequence"]) == (2, 2)


def test_writer_that_was_taken_for_dead_tells_the_end_after_its_last_words(
    ann: User,
    where: ConversationRecord,
    published: list[tuple[str, dict[str, Any]]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    said(ann, where, "Hello")
    reply = running()
    end(reply, "Hel", outcome="interrupted")
    with django_capture_on_commit_callbacks(execute=True):
        concluded(reply.pk, text="Hello", closing=Closing(outcome="gone"))
    ((_, told),) = published
    assert told["fields"]["reply"]["outcome"] == "interrupted"
    assert texts(where)[1:] == [(2, "Hel", "interrupted")]


def test_reply_begins_only_where_none_is_running(ann: User, where: ConversationRecord) -> None:
    said(ann, where, "Hello")
    assert beginning.running(where.id) == running()
    end(running())
    assert beginning.running(where.id) is None
