"""The assistant on the pages: turned on and told what to know, by plain forms."""

import pytest
from django.test import Client

from apps.chat.models import Message, User
from apps.chat.records import ConversationRecord
from apps.chat.services.conversations import get_conversation, list_conversations


def test_an_owner_turns_it_on_and_says_what_it_should_know(
    as_ann: Client, ann: User, where: ConversationRecord
) -> None:
    as_ann.post(f"/c/{where.id}/assistant/", {"has_assistant": "on", "system_prompt": "Short.\r\nKind."})
    found = get_conversation(user_id=ann.pk, conversation_id=where.id)
    assert (found.has_assistant, found.system_prompt) == (True, "Short.\nKind.")
    assert "Kind.</textarea>" in as_ann.get(f"/c/{where.id}/details/").content.decode()


def test_too_long_a_prompt_is_told_beside_its_field(as_ann: Client, where: ConversationRecord) -> None:
    response = as_ann.post(f"/c/{where.id}/assistant/", {"system_prompt": "x" * 4_001})
    assert response.status_code == 422
    assert "at most 4000 characters" in response.content.decode()


def test_a_prompt_with_what_cannot_be_kept_is_told_beside_its_field(as_ann: Client, where: ConversationRecord) -> None:
    response = as_ann.post(f"/c/{where.id}/assistant/", {"system_prompt": "a\u202eb"})
    assert response.status_code == 422
    assert "U+202E" in response.content.decode()


def test_a_conversation_is_started_with_it(as_eve: Client, eve: User) -> None:
    as_eve.post("/conversations/new/", {"title": "Questions", "has_assistant": "on"})
    assert list_conversations(user_id=eve.pk).results[0].has_assistant


def test_the_details_say_that_no_model_is_connected(as_ann: Client, where: ConversationRecord) -> None:
    assert "No language model is connected" in as_ann.get(f"/c/{where.id}/details/").content.decode()


@pytest.mark.parametrize(("completion", "is_marked"), [("stopped", True), ("complete", False)])
def test_a_reply_that_did_not_end_by_itself_is_marked(
    as_ann: Client, where: ConversationRecord, completion: str, is_marked: bool
) -> None:
    newest = Message.objects.filter(conversation_id=where.id, sequence=60)
    newest.update(role=Message.Role.ASSISTANT, completion=completion)
    page = as_ann.get(f"/c/{where.id}/").content.decode()
    assert ("<span data-text>Stopped.</span>" in page) == is_marked
