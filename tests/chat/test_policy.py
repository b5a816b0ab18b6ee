"""The chat's policies: obeyed by the services, consistent in themselves."""

from typing import Any

import pytest

from apps.chat.exceptions import InvalidError
from apps.chat.models import User
from apps.chat.policy import AssistantPolicy, ChatPolicy, LimitsPolicy, LivePolicy, assistant, chat, limits, live
from apps.chat.services.history import history_page
from apps.chat.services.messages import edit_message
from apps.tuning.exceptions import PolicyError
from apps.tuning.registry import declared
from tests.chat.people import conversation, said
from tests.tuning.obeying import obeying


def test_a_page_without_a_number_has_the_size_of_the_policy(ann: User) -> None:
    where = conversation(ann)
    said(ann, where, *"abcde")
    with obeying(chat, page_size=3):
        assert len(history_page(user_id=ann.pk, conversation_id=where.id).messages) == 3
        assert len(history_page(user_id=ann.pk, conversation_id=where.id, limit=4).messages) == 4
    assert len(history_page(user_id=ann.pk, conversation_id=where.id).messages) == 5


@pytest.mark.parametrize("limit", [0, 5])
def test_a_page_above_the_limit_is_refused(ann: User, limit: int) -> None:
    where = conversation(ann)
    with obeying(chat, page_size=2, page_size_limit=4), pytest.raises(InvalidError, match="must be from 1 to 4"):
        history_page(user_id=ann.pk, conversation_id=where.id, limit=limit)


def test_a_message_is_no_longer_than_the_policy_says(ann: User) -> None:
    where = conversation(ann)
    (kept,) = said(ann, where, "six...")
    with obeying(chat, message_length=5):
        with pytest.raises(InvalidError, match="has 6 characters; 5 are the most"):
            said(ann, where, "sixsix")
        with pytest.raises(InvalidError, match="text"):
            edit_message(user_id=ann.pk, message_id=kept.id, text="sixsix")
    assert history_page(user_id=ann.pk, conversation_id=where.id).messages[0].text == "six..."


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        (ChatPolicy, {"page_size": 100, "page_size_limit": 50}, "page_size"),
        (LivePolicy, {"heartbeat_seconds": 40.0}, "presence_seconds"),
        (LivePolicy, {"presence_seconds": 39.0}, "presence_seconds"),
        (LivePolicy, {"message_bytes": 200 * 1024, "buffer_bytes": 100 * 1024}, "message_bytes"),
        (AssistantPolicy, {"reply_tokens": 9_000}, "reply_tokens"),
        (LimitsPolicy, {"sign_ins_per_minute": 0}, "sign_ins_per_minute"),
    ],
)
def test_contradictory_values_are_refused_by_name(kind: Any, values: dict[str, Any], field: str) -> None:
    with pytest.raises(PolicyError) as refused:
        kind(**values)
    assert refused.value.field == field


def test_all_of_them_are_declared() -> None:
    assert {chat, live, assistant, limits} <= set(declared())
    assert all(field.knob.effect for handle in declared() for field in handle.fields)
