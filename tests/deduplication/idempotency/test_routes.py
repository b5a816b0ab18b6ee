"""Every unsafe operation of the API: once for each key, documented, no route left out."""

from typing import Any

import pytest

from apps.chat.api.urls import api
from apps.chat.models import Conversation, Import, Membership, Message, Reply, User
from apps.chat.records import ConversationRecord
from tests.chat.api.caller import Caller, form
from tests.chat.api.test_access import addressed, body_of
from tests.chat.people import said
from tests.deduplication.idempotency.sending import is_replay, sent

FILE = b'{"messages": [{"role": "user", "content": "hello"}]}\n'
UNSAFE = [
    pytest.param(method.upper(), path.removeprefix("/api"), operation, id=operation["operationId"])
    for path, operations in api.document["paths"].items()
    for method, operation in operations.items()
    if method not in {"get", "head"}
]


def state() -> list[Any]:
    """Return all that a request could have changed."""
    return [
        sorted(Conversation.objects.values_list("pk", "title", "last_event", "deleted_at")),
        sorted(Membership.objects.values_list("conversation", "user", "last_read_sequence")),
        sorted(Message.objects.values_list("pk", "text", "event", "edited_at", "deleted_at")),
        Import.objects.count(),
        Reply.objects.count(),
    ]


@pytest.mark.parametrize(("method", "path", "operation"), UNSAFE)
def test_every_unsafe_operation_runs_once_and_answers_the_same(
    as_ann: Caller,
    ann: User,
    bob: User,
    eve: User,
    where: ConversationRecord,
    method: str,
    path: str,
    operation: dict[str, Any],
) -> None:
    message = said(ann, where, "hello")[0]
    address = addressed(path, conversation_id=where.id, message_id=message.id, member_id=bob.pk)
    Conversation.objects.update(has_assistant=True)
    first = sent(as_ann, method, address, good_body(operation))
    assert first.status_code in {200, 201, 202, 204}, first.content
    after = state()
    second = sent(as_ann, method, address, good_body(operation))
    assert (is_replay(first), is_replay(second)) == (False, True)
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert kept_headers(second) == kept_headers(first)
    assert state() == after


def good_body(operation: dict[str, Any]) -> Any:
    """Return a body that is accepted, where the one of others only has the right form."""
    if "import" in operation["operationId"]:
        return form(file=file())
    return {"regenerate": False} if operation["operationId"] == "ask_reply" else body_of(operation)


def kept_headers(response: Any) -> dict[str, str]:
    """Return the headers without those of this request alone: that it is a replay, and what it was counted as."""
    own = {"Idempotent-Replayed", "RateLimit", "RateLimit-Policy"}
    return {name: value for name, value in response.headers.items() if name not in own}


def file() -> Any:
    """Return an upload, a new one each time: it is read to its end."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("talk.jsonl", FILE)


@pytest.mark.parametrize(("method", "path", "operation"), UNSAFE)
def test_every_unsafe_operation_documents_the_key_and_what_comes_of_it(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    [parameter] = [one for one in operation["parameters"] if one["name"] == "Idempotency-Key"]
    assert (parameter["in"], parameter["required"]) == ("header", False)
    assert {409, 422} <= operation["responses"].keys()
    assert "Retry-After" in operation["responses"][409]["headers"]
    for status, response in operation["responses"].items():
        assert ("Idempotent-Replayed" in response["headers"]) == (status < 400)


def test_safe_operations_know_no_key(as_ann: Caller) -> None:
    response = sent(as_ann, "GET", "/conversations", key="not a key")
    assert response.status_code == 200
    safe = [operations["get"] for operations in api.document["paths"].values() if "get" in operations]
    assert not any(one["name"] == "Idempotency-Key" for operation in safe for one in operation["parameters"])
