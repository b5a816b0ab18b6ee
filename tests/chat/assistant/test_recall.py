"""What the offline assistant finds."""

import pytest

from apps.chat.assistant.offline import PREFACE
from apps.chat.assistant.recall import recalled, telling_words
from apps.chat.models import User
from apps.chat.records import ConversationRecord
from apps.chat.services.members import remove_member
from tests.chat.assistant.questions import question
from tests.chat.people import conversation, said


@pytest.fixture
def where(ann: User, bob: User) -> ConversationRecord:
    made = conversation(ann, bob)
    said(ann, made, "The launch of Alpha is on Monday", "Lunch is at noon", f"{PREFACE} launch launch Alpha")
    said(bob, made, "The launch needs a budget")
    return made


def found(text: str, who: User, where: ConversationRecord, *, before: int = 100) -> list[str]:
    asked = question(text, conversation=where.id, asked_by=who.pk, before=before)
    return [message.text for message in recalled(asked, preface=PREFACE)]


def test_messages_that_share_most_words_come_first(ann: User, where: ConversationRecord) -> None:
    texts = found("When is the launch of alpha?", ann, where)
    assert texts == ["The launch of Alpha is on Monday", "The launch needs a budget"]


def test_only_what_was_said_before_counts(ann: User, where: ConversationRecord) -> None:
    said(ann, where, "When is the launch?")
    assert found("When is the launch?", ann, where, before=4) == ["The launch of Alpha is on Monday"]


def test_other_conversations_and_those_one_may_not_read_are_left_out(
    ann: User, bob: User, where: ConversationRecord
) -> None:
    other = conversation(ann)
    said(ann, other, "Another launch")
    assert found("launch", ann, other) == ["Another launch"]
    assert found("launch", bob, other) == []
    remove_member(user_id=ann.pk, conversation_id=where.id, member_id=bob.pk)
    assert found("launch", bob, where) == []
    assert recalled(question("launch", conversation=where.id, asked_by=None), preface=PREFACE) == []


def test_no_more_than_a_few_are_quoted_however_many_match(ann: User, where: ConversationRecord) -> None:
    said(ann, where, *(f"launch number {number}" for number in range(30)))
    assert found("launch", ann, where, before=10_000) == [f"launch number {number}" for number in (29, 28, 27)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("When is the launch of Alpha?", ["launch", "alpha"]),
        ("what is it?", ["what", "is", "it"]),
        ("?!", []),
        ("launch LAUNCH", ["launch"]),
        ("Wo ist die Prüfung_2?", ["prüfung", "ist", "die"]),
    ],
)
def test_words_to_look_for_are_those_that_tell_something(text: str, words: list[str]) -> None:
    assert telling_words(text) == words
