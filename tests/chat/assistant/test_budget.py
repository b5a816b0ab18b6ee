"""What replies use is counted, and a budget ends before the next one begins."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.chat.assistant.budget import HOUR, BudgetError, midnight
from apps.chat.assistant.closing import Closing
from apps.chat.assistant.context import tokens_of
from apps.chat.assistant.ledger import LEASE, beat, bury, concluded, opened
from apps.chat.assistant.upstream import Usage
from apps.chat.exceptions import RateError
from apps.chat.models import AssistantUsage, Message, Reply, User
from apps.chat.policy import assistant, budget, limits
from apps.chat.records import ConversationRecord
from apps.chat.services.conversations import change_conversation
from apps.chat.services.replies import get_reply, request_reply
from apps.tuning.exceptions import PolicyError
from tests.chat.api.caller import Caller, problem_of
from tests.chat.people import conversation, said
from tests.tuning.obeying import obeying

TOLD = Usage(prompt_tokens=700, reply_tokens=300)


@pytest.fixture(autouse=True)
def an_endpoint(settings: Any) -> None:
    settings.ASSISTANT_BASE_URL, settings.ASSISTANT_MODEL = "http://127.0.0.1:9/v1", "tea-1"


@pytest.fixture
def where(ann: User, bob: User) -> ConversationRecord:
    """A conversation with an assistant, of ann and bob."""
    made = conversation(ann, bob)
    return change_conversation(user_id=ann.pk, conversation_id=made.id, has_assistant=True)


def replied(who: User, where: ConversationRecord, text: str = "An answer", **closing: Any) -> Reply:
    """Have somebody say something and the assistant answer it; return how the reply ended."""
    said(who, where, "Hello")
    reply = Reply.objects.get(state=Reply.State.WRITING)
    try:
        opened(reply.pk)
    except BudgetError as error:
        text, closing = "", {"outcome": "failed", "fault": error.code, "retry_at": error.retry_at}
    concluded(reply.pk, text=text, closing=Closing(**{"outcome": "complete", **closing}))
    return Reply.objects.get(pk=reply.pk)


def test_tokens_and_cost_are_summed_by_day_user_and_model(ann: User, bob: User, where: ConversationRecord) -> None:
    with obeying(budget, prompt_price=2.5, reply_price=10.0):
        for _ in range(2):
            replied(ann, where, usage=TOLD)
        replied(bob, where, usage=TOLD)
    with obeying(assistant, model="tea-2"):
        replied(ann, where, usage=TOLD)
    rows = AssistantUsage.objects.order_by("pk").values_list("user", "model", "replies", "prompt_tokens", "cost_micros")
    micros = 700 * 2.5 + 300 * 10
    assert list(rows) == [
        (ann.pk, "tea-1", 2, 1400, 2 * micros), (bob.pk, "tea-1", 1, 700, micros), (ann.pk, "tea-2", 1, 700, 0)
    ]  # fmt: skip
    assert {row.day for row in AssistantUsage.objects.all()} == {timezone.now().date()}


@pytest.mark.parametrize("outcome", ["stopped", "cut", "interrupted", "complete"])
def test_what_the_endpoint_does_not_tell_is_estimated_and_marked(
    ann: User, where: ConversationRecord, outcome: str
) -> None:
    ended = replied(ann, where, "Some words", outcome=outcome)
    row = AssistantUsage.objects.get()
    assert (row.prompt_tokens, row.reply_tokens) == (tokens_of("ann: Hello") - 2, tokens_of("Some words"))
    assert (row.estimated_replies, ended.is_usage_estimated) == (1, True)


def test_a_reply_whose_server_died_is_counted_by_whoever_finds_it(ann: User, where: ConversationRecord) -> None:
    said(ann, where, "Hello")
    reply = Reply.objects.get()
    opened(reply.pk)
    beat(reply.pk, text="So far")
    Reply.objects.update(heartbeat_at=timezone.now() - 2 * LEASE)
    assert bury(reply.pk)
    assert AssistantUsage.objects.get().reply_tokens == tokens_of("So far")


def test_what_ends_without_a_word_or_a_figure_used_nothing(ann: User, where: ConversationRecord) -> None:
    ended = replied(ann, where, "", outcome="cut", fault="failed")
    assert (ended.prompt_tokens, ended.reply_tokens, AssistantUsage.objects.exists()) == (None, None, False)


def test_the_offline_assistant_costs_nothing(ann: User, where: ConversationRecord, settings: Any) -> None:
    settings.ASSISTANT_BASE_URL = ""
    with obeying(budget, user_tokens_per_day=1):
        assert [replied(ann, where).outcome for _ in range(2)] == ["complete", "complete"]
    assert not AssistantUsage.objects.exists()


def test_over_the_budget_the_message_is_stored_and_the_reply_says_from_when_on(
    ann: User, bob: User, where: ConversationRecord
) -> None:
    with obeying(budget, user_tokens_per_day=1500):
        outcomes = [replied(ann, where, usage=TOLD).outcome for _ in range(3)]
        record = get_reply(user_id=ann.pk, conversation_id=where.id)
        others = replied(bob, where, usage=TOLD)
    assert outcomes == ["complete", "complete", "failed"], "the last one under way may exceed it, no other begins"
    assert Message.objects.filter(role="user", author=ann).count() == 3
    assert record.error is not None
    assert record.error.code == "user_budget"
    tomorrow = timezone.now().date() + timedelta(days=1)
    assert record.error.retry_at == midnight() == datetime.combine(tomorrow, time.min, tzinfo=UTC)
    assert others.outcome == "complete"


def test_a_new_day_begins_with_nothing_spent(ann: User, where: ConversationRecord) -> None:
    with obeying(budget, user_tokens_per_day=500):
        assert [replied(ann, where, usage=TOLD).outcome for _ in range(2)] == ["complete", "failed"]
        AssistantUsage.objects.update(day=timezone.now().date() - timedelta(days=1))
        assert replied(ann, where, usage=TOLD).outcome == "complete"


def test_the_site_spends_no_more_than_its_budget_whoever_asks(ann: User, bob: User, where: ConversationRecord) -> None:
    with obeying(budget, prompt_price=1000.0, reply_price=0.0, cost_per_day=0.7):
        first, second = replied(ann, where, usage=TOLD), replied(bob, where, usage=TOLD)
    assert (first.outcome, second.outcome, second.error_code) == ("complete", "failed", "site_budget")


def test_a_bound_on_costs_needs_a_price() -> None:
    with pytest.raises(PolicyError, match="cost_per_day"):
        replace(budget.default, cost_per_day=1.0).check()


def test_replies_under_way_are_all_that_may_exceed_the_budget(ann: User) -> None:
    places = [
        change_conversation(user_id=ann.pk, conversation_id=conversation(ann).id, has_assistant=True) for _ in range(3)
    ]
    for where in places:
        said(ann, where, "Hello")
    begun = list(Reply.objects.order_by("pk"))
    with obeying(budget, user_tokens_per_day=1):
        for reply in begun[:2]:
            opened(reply.pk)
        for reply in begun[:2]:
            concluded(reply.pk, text="An answer", closing=Closing(outcome="complete", usage=TOLD))
        with pytest.raises(BudgetError):
            opened(begun[2].pk)
    assert AssistantUsage.objects.get().replies == 2


def test_so_many_replies_in_an_hour_then_a_sentence(ann: User, bob: User, where: ConversationRecord) -> None:
    with obeying(limits, replies_per_hour=2):
        ended = [replied(ann, where) for _ in range(3)]
        assert [reply.error_code for reply in ended] == ["", "", "often"]
        assert ended[2].retry_at == ended[0].asked_at + HOUR
        assert replied(bob, where).error_code == ""
        Reply.objects.filter(pk=ended[0].pk).update(asked_at=ended[0].asked_at - HOUR)
        assert replied(ann, where).error_code == ""


def test_who_asks_for_one_too_many_hears_429(ann: User, where: ConversationRecord) -> None:
    path = f"/conversations/{where.id}/reply"
    replied(ann, where)
    with obeying(limits, replies_per_hour=1):
        response = Caller(ann).call("POST", path, {"regenerate": True})
        with pytest.raises(RateError, match="1 replies an hour"):
            request_reply(user_id=ann.pk, conversation_id=where.id, is_regeneration=True)
    assert problem_of(response, 429)["detail"] == "You may have 1 replies an hour. Try again in 60 minutes."
    assert 3590 <= int(response.headers["Retry-After"]) <= 3600


def test_none_at_all_where_staff_say_so(ann: User, where: ConversationRecord) -> None:
    with obeying(limits, replies_per_hour=0):
        assert replied(ann, where).error_code == "often"


def test_staff_see_what_was_used(ann: User, where: ConversationRecord, admin_client: Client) -> None:
    with obeying(budget, prompt_price=1000.0):
        replied(ann, where, usage=TOLD)
    page = admin_client.get("/admin/chat/assistantusage/").content.decode()
    assert all(text in page for text in ("tea-1", "0.7000", "700", "300"))
    assert admin_client.get("/admin/chat/assistantusage/add/").status_code == 403
