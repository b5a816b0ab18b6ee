"""/api/conversations/{id}/reply, and the fields that set the assistant up."""

import pytest

from apps.chat.models import Reply
from apps.chat.policy import assistant
from apps.chat.records import ConversationRecord
from tests.chat.api.caller import Caller, problem_of, wrong_fields
from tests.tuning.obeying import obeying

RECORD = "id conversation state asked_by replaces cursor text outcome message error asked_at ended_at"


@pytest.fixture
def path(as_ann: Caller, where: ConversationRecord) -> str:
    """The reply of a conversation with an assistant."""
    changed = as_ann.call("PATCH", f"/conversations/{where.id}", {"has_assistant": True}).json()
    assert (changed["has_assistant"], changed["title"]) == (True, where.title)
    return f"/conversations/{where.id}/reply"


def test_asking_is_accepted_and_answers_what_is_being_written(as_ann: Caller, as_bob: Caller, path: str) -> None:
    as_ann.post(path.replace("reply", "messages"), {"text": "Hello"})
    for body in (None, {}, {"regenerate": False}):
        response = as_bob.call("POST", path, body)
        assert response.status_code == 202
        assert list(response.json()) == RECORD.split()
        assert (response.json()["state"], response.json()["asked_by"]["name"]) == ("writing", "ann")
        assert as_bob.get(path) == response.json()
    stopped = as_bob.call("DELETE", path)
    assert (stopped.status_code, stopped.content) == (204, b"")
    assert Reply.objects.get().is_stop_asked


def test_each_reason_for_no_reply_has_a_type(as_ann: Caller, where: ConversationRecord, path: str) -> None:
    def kind(body: object = None) -> str:
        return str(problem_of(as_ann.call("POST", path, body), 409)["type"])

    assert kind() == "/problems/nothing-to-answer"
    with obeying(assistant, is_on=False):
        assert kind() == "/problems/assistant-off"
    as_ann.post(f"/conversations/{where.id}/messages", {"text": "Hello"})
    Reply.objects.all().delete()
    assert kind({"regenerate": True}) == "/problems/nothing-to-answer"
    assert as_ann.call("POST", path).status_code == 202
    assert kind({"regenerate": True}) == "/problems/reply-under-way"
    as_ann.call("PATCH", f"/conversations/{where.id}", {"has_assistant": False})
    assert kind() == "/problems/no-assistant"


def test_strangers_and_outsiders_are_refused(as_eve: Caller, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        problem_of(as_eve.call(method, path), 404)
        problem_of(Caller().call(method, path), 401)
    problem_of(as_eve.call("GET", "/conversations/99999/reply"), 404)


def test_only_owners_set_the_assistant_up(as_ann: Caller, as_bob: Caller, where: ConversationRecord, path: str) -> None:
    at = f"/conversations/{where.id}"
    problem_of(as_bob.call("PATCH", at, {"has_assistant": False}), 403)
    assert as_ann.call("PATCH", at, {"system_prompt": "Be brief"}).json()["system_prompt"] == "Be brief"
    assert as_ann.call("PATCH", at, {"system_prompt": "  "}).json()["system_prompt"] == ""
    assert as_bob.get(at)["has_assistant"] is True
    assert wrong_fields(as_ann.call("PATCH", at, {"system_prompt": "x" * 4001})) == ["system_prompt"]
    assert wrong_fields(as_ann.call("PATCH", at, {"has_assistant": "yes"})) == ["has_assistant"]
    assert wrong_fields(as_ann.call("PATCH", at, {})) == ["title"]
    assert wrong_fields(as_ann.call("POST", path, {"again": True})) == ["again"]


def test_conversation_may_begin_with_an_assistant(as_ann: Caller) -> None:
    made = as_ann.post("/conversations", {"title": "Talk", "has_assistant": True, "system_prompt": "Be kind"})
    assert (made["has_assistant"], made["system_prompt"]) == (True, "Be kind")
