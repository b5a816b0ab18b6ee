"""Replies that wait for an endpoint that is down: told, taken up once, given up in the end."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.chat.assistant.closing import WAITING, Closing
from apps.chat.assistant.ledger import LEASE, bury, concluded, opened
from apps.chat.assistant.waiting import PAUSE, ended, given_up, taken_up
from apps.chat.models import Message, Reply, User
from apps.chat.policy import assistant
from apps.chat.records import ConversationRecord
from apps.chat.services import replies
from apps.chat.services.conversations import change_conversation
from apps.chat.services.replies import get_reply, request_reply, stop_reply
from tests.chat.people import conversation, said
from tests.tuning.obeying import obeying

DOWN = Closing(outcome="cut", fault=WAITING)


@pytest.fixture
def where(ann: User, bob: User) -> ConversationRecord:
    """A conversation with an assistant, of ann and bob, who has asked something."""
    made = conversation(ann, bob)
    found = change_conversation(user_id=ann.pk, conversation_id=made.id, has_assistant=True)
    said(bob, found, "Hello")
    return found


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The states that everybody is told."""
    states: list[str] = []
    monkeypatch.setattr("apps.chat.assistant.closing.reply_changed", lambda record: states.append(record.state))
    return states


def reply() -> Reply:
    return Reply.objects.latest("pk")


def failed() -> Reply:
    """Have the reply find the endpoint down."""
    opened(reply().pk)
    concluded(reply().pk, text="", closing=DOWN)
    return reply()


def rested() -> Reply:
    """Let the pause between two tries pass."""
    Reply.objects.update(heartbeat_at=reply().heartbeat_at - 2 * PAUSE)
    return reply()


def test_question_waits_where_the_endpoint_is_down_and_says_so(bob: User, where: ConversationRecord) -> None:
    assert failed().state == "waiting"
    record = get_reply(user_id=bob.pk, conversation_id=where.id)
    assert record.error is not None
    assert (record.state, record.outcome, record.error.code, record.error.can_retry) == ("waiting", None, WAITING, True)


def test_one_that_waits_is_taken_up_by_one_process_and_answered_once(where: ConversationRecord) -> None:
    failed()
    rested()
    assert taken_up(limit=5) == [reply().pk]
    assert taken_up(limit=5) == []
    opened(reply().pk)
    concluded(reply().pk, text="Here", closing=Closing(outcome="complete"))
    assert list(Message.objects.filter(role="assistant").values_list("text", flat=True)) == ["Here"]
    assert taken_up(limit=5) == []


def test_one_that_was_tried_just_now_rests(where: ConversationRecord) -> None:
    failed()
    assert taken_up(limit=5) == []


def test_new_try_that_nobody_asked_for_is_not_told_when_it_fails(where: ConversationRecord, told: list[str]) -> None:
    failed()
    rested()
    taken_up(limit=1)
    assert failed().state == "waiting"
    assert told == ["waiting"]


def test_try_that_somebody_asked_for_is_told_when_it_fails(
    bob: User, where: ConversationRecord, told: list[str]
) -> None:
    failed()
    assert request_reply(user_id=bob.pk, conversation_id=where.id).state == "writing"
    assert failed().state == "waiting"
    assert told == ["waiting"] * 2


def test_asking_for_what_is_tried_already_has_its_failure_told(
    bob: User, where: ConversationRecord, told: list[str]
) -> None:
    failed()
    rested()
    taken_up(limit=1)
    assert request_reply(user_id=bob.pk, conversation_id=where.id).id == reply().pk
    failed()
    assert told == ["waiting"] * 2


def test_what_is_said_meanwhile_tries_the_same_reply_again(ann: User, where: ConversationRecord) -> None:
    first = failed()
    said(ann, where, "Anybody?")
    assert (reply().pk, reply().state) == (first.pk, "writing")
    assert opened(first.pk)[1].text == "Anybody?"


def test_one_that_waits_is_stopped_without_a_word(bob: User, where: ConversationRecord) -> None:
    failed()
    stop_reply(user_id=bob.pk, conversation_id=where.id)
    assert (reply().state, reply().outcome, reply().error_code) == ("ended", "stopped", "")
    assert not ended(reply().pk, Closing(outcome="stopped"))


def test_one_that_was_stopped_while_the_endpoint_was_asked_does_not_wait(bob: User, where: ConversationRecord) -> None:
    opened(reply().pk)
    stop_reply(user_id=bob.pk, conversation_id=where.id)
    concluded(reply().pk, text="", closing=DOWN)
    assert (reply().state, reply().outcome, reply().error_code) == ("ended", "stopped", "")


def test_one_that_begins_to_wait_while_it_is_stopped_does_not_wait(
    bob: User, where: ConversationRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(reply().pk)

    def ended_too_early(*options: Any) -> bool:
        is_ended = ended(*options)
        concluded(reply().pk, text="", closing=DOWN)
        return is_ended

    monkeypatch.setattr(replies, "ended", ended_too_early)
    stop_reply(user_id=bob.pk, conversation_id=where.id)
    assert (reply().state, reply().outcome) == ("ended", "stopped")


def test_one_whose_new_try_died_with_its_server_waits_again(where: ConversationRecord) -> None:
    failed()
    rested()
    taken_up(limit=1)
    Reply.objects.update(heartbeat_at=reply().heartbeat_at - 2 * LEASE)
    assert bury(reply().pk)
    assert reply().state == "waiting"


def test_one_that_waited_too_long_is_given_up(where: ConversationRecord) -> None:
    failed()
    assert given_up() == 0
    Reply.objects.update(asked_at=reply().asked_at - timedelta(hours=25))
    assert given_up() == 1
    assert (reply().outcome, reply().error_code) == ("failed", "unreachable")


@pytest.mark.parametrize("values", [{"wait_hours": 0.0}, {"waiting_replies": 0}])
def test_no_more_wait_than_may(where: ConversationRecord, values: dict[str, Any]) -> None:
    with obeying(assistant, **values):
        failed()
    assert (reply().outcome, reply().error_code) == ("failed", "unreachable")


def test_nothing_is_taken_up_while_the_assistant_is_off(ann: User, where: ConversationRecord) -> None:
    failed()
    rested()
    with obeying(assistant, is_on=False):
        assert taken_up(limit=5) == []
    change_conversation(user_id=ann.pk, conversation_id=where.id, has_assistant=False)
    assert taken_up(limit=5) == []


def test_api_says_that_it_is_degraded(bob: User, where: ConversationRecord, client: Client) -> None:
    client.force_login(bob)
    path = f"/api/conversations/{where.id}/reply"
    assert "Degraded" not in client.get(path).headers
    failed()
    assert client.get(path).headers["Degraded"] == "assistant"
