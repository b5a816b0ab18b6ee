"""One effect and one answer for a key: whose it is, what it is for, what an error leaves."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse, StreamingHttpResponse

from apps.chat.api.idempotency import kept
from apps.chat.models import Conversation, Import, Message, User
from apps.chat.records import ConversationRecord
from apps.chat.services import conversations, messages
from apps.deduplication.idempotency.statistics import counters
from apps.deduplication.models import IdempotencyRecord
from tests.chat.api.caller import Caller, form, problem_of, wrong_fields
from tests.chat.people import conversation, said
from tests.deduplication.idempotency.sending import is_replay, sent
from tests.environment import engine

HELLO = {"text": "hello"}
CLAIMED = ("advisory",) if engine() == "postgresql" else ()
QUERIES = ("session", "chat_user", "SAVEPOINT", *CLAIMED, "SELECT 1", "idempotencyrecord", "RELEASE", "membership")


@pytest.fixture
def path(where: ConversationRecord) -> str:
    """Where the messages of the conversation are."""
    return f"/conversations/{where.id}/messages"


def texts() -> list[str]:
    return sorted(Message.objects.values_list("text", flat=True))


def test_the_same_payload_written_differently_is_the_same_request(as_ann: Caller, path: str) -> None:
    first = sent(as_ann, "POST", path, b'{"text":"hello","client_id":"c"}', key='"k"')
    again = sent(as_ann, "POST", path, b'{ "client_id": "c", "text": "h\\u0065llo" }', key="k")
    assert is_replay(again)
    assert again.content == first.content
    assert texts() == ["hello"]


def test_another_payload_is_422_and_changes_nothing(as_ann: Caller, path: str) -> None:
    sent(as_ann, "POST", path, HELLO)
    before = counters.mismatches
    for address, body in ((path, {"text": "bye"}), (f"{path}?x=1", HELLO)):
        document = problem_of(sent(as_ann, "POST", address, body), 422)
        assert document["type"] == "/problems/idempotency-key-reused"
        assert document["errors"][0]["field"] == "Idempotency-Key"
    assert (texts(), counters.mismatches) == (["hello"], before + 2)


def test_the_same_key_of_another_user_path_or_method_is_another_key(
    as_ann: Caller, as_bob: Caller, ann: User, path: str
) -> None:
    elsewhere = f"/conversations/{conversation(ann).id}/messages"
    first, theirs, there = (
        sent(caller, "POST", address, HELLO)
        for caller, address in ((as_ann, path), (as_bob, path), (as_ann, elsewhere))
    )
    edited = sent(as_ann, "PATCH", f"/messages/{first.json()['id']}", HELLO)
    deleted = sent(as_ann, "DELETE", f"/messages/{first.json()['id']}")
    assert not any(map(is_replay, (first, theirs, there, edited, deleted)))
    assert IdempotencyRecord.objects.count() == 5


def test_a_header_that_is_no_key_is_refused_by_name(as_ann: Caller, path: str) -> None:
    for key in ("", "a b", '"', "x" * 256):
        assert wrong_fields(sent(as_ann, "POST", path, HELLO, key=key)) == ["Idempotency-Key"]
    assert texts() == []


def test_an_error_leaves_the_key_free_for_the_corrected_request(as_ann: Caller, path: str) -> None:
    for _ in range(2):
        assert wrong_fields(sent(as_ann, "POST", path, {"text": " "})) == ["text"]
    assert wrong_fields(sent(as_ann, "POST", path, {"txt": "x"})) == ["text", "txt"]
    response = sent(as_ann, "POST", path, HELLO)
    assert (response.status_code, is_replay(response)) == (201, False)


def test_a_failure_undoes_the_effect_and_leaves_the_key_free(
    as_ann: Caller, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = messages.send_message

    def half(**values: Any) -> Any:
        whole(**values)
        raise RuntimeError("after the effect")

    with monkeypatch.context() as patch:
        patch.setattr(messages, "send_message", half)
        problem_of(sent(as_ann, "POST", path, HELLO), 500)
    assert (texts(), IdempotencyRecord.objects.count()) == ([], 0)
    assert "after the effect" in caplog.text
    assert sent(as_ann, "POST", path, HELLO).status_code == 201
    assert texts() == ["hello"]


def test_an_error_that_is_answered_and_not_raised_undoes_the_effect_too(
    as_ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = HttpResponse(b"no", status=409)
    monkeypatch.setattr("apps.chat.api.conversations.created", lambda *_, **__: refusal)
    response = sent(as_ann, "POST", "/conversations", {"title": "Plans"})
    assert (response.status_code, response.content) == (409, b"no")
    assert (Conversation.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)


def test_without_a_key_nothing_is_kept(as_ann: Caller, path: str) -> None:
    for _ in range(2):
        assert as_ann.call("POST", path, HELLO).status_code == 201
    assert (texts(), IdempotencyRecord.objects.count()) == (["hello", "hello"], 0)


def test_a_client_id_still_finds_its_message_under_another_key(as_ann: Caller, path: str) -> None:
    body = {"text": "hello", "client_id": "c"}
    first, second = (sent(as_ann, "POST", path, body, key=key) for key in ("one", "two"))
    assert (first.status_code, second.status_code, is_replay(second)) == (201, 200, False)
    assert first.content == second.content
    assert sent(as_ann, "POST", path, body, key="two").status_code == 200


def test_the_first_answer_is_whole_and_its_cookies_are_not_kept(
    as_ann: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = HttpResponse(b"{}", status=201, content_type="application/json", headers={"ETag": '"1"', "X-Own": "1"})
    made.set_cookie("flavour", "plain")
    monkeypatch.setattr("apps.chat.api.conversations.created", lambda *_, **__: made)
    first, again = (sent(as_ann, "POST", "/conversations", {"title": "Plans"}) for _ in range(2))
    assert (first.headers["X-Own"], first.cookies["flavour"].value) == ("1", "plain")
    assert (is_replay(again), again.headers["ETag"], again.content) == (True, '"1"', b"{}")
    assert not again.cookies
    assert IdempotencyRecord.objects.get().headers.keys() == {"Content-Type", "ETag"}


def test_what_cannot_be_given_again_is_refused_before_the_commit() -> None:
    with pytest.raises(TypeError, match="an HttpResponse, not StreamingHttpResponse"):
        kept(StreamingHttpResponse([b"x"]))


def upload(content: bytes = b'{"messages": []}\n', *, name: str = "talk.jsonl", **fields: Any) -> Any:
    return form(file=SimpleUploadedFile(name, content), **fields)


def test_an_upload_is_known_by_its_content_name_and_options(as_ann: Caller) -> None:
    first = sent(as_ann, "POST", "/imports", upload())
    assert first.status_code == 201, first.content
    assert is_replay(sent(as_ann, "POST", "/imports", upload()))
    others = (upload(b'{"messages": [ ]}\n'), upload(name="other.jsonl"), upload(dry_run="true"))
    for other in others:
        problem_of(sent(as_ann, "POST", "/imports", other), 422)
    assert Import.objects.count() == 1


def test_requests_are_counted_by_what_became_of_them(as_ann: Caller, path: str) -> None:
    before = (counters.stored, counters.replays)
    for _ in range(3):
        sent(as_ann, "POST", path, HELLO)
    assert (counters.stored, counters.replays) == (before[0] + 1, before[1] + 2)


def test_who_is_deleted_leaves_no_record(as_bob: Caller, bob: User, path: str) -> None:
    sent(as_bob, "POST", path, HELLO)
    bob.delete()
    assert IdempotencyRecord.objects.count() == 0


def test_a_replay_costs_three_queries(as_ann: Caller, path: str, django_assert_num_queries: Any) -> None:
    sent(as_ann, "POST", path, HELLO)
    with django_assert_num_queries(len(QUERIES)) as captured:
        assert is_replay(sent(as_ann, "POST", path, HELLO))
    assert [
        said for said, query in zip(QUERIES, captured.captured_queries, strict=True) if said not in query["sql"]
    ] == []


def test_a_request_without_a_key_makes_no_query_more(
    as_ann: Caller, path: str, django_assert_num_queries: Any, ann: User, where: ConversationRecord
) -> None:
    with django_assert_num_queries(0):
        pass
    said(ann, where, "x")
    with django_assert_num_queries(9) as captured:
        as_ann.call("POST", path, HELLO)
    assert not any("idempotency" in query["sql"] for query in captured.captured_queries)
    assert conversations.get_conversation(user_id=ann.pk, conversation_id=where.id).last_sequence == 2
