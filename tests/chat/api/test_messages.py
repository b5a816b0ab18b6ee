"""/api/conversations/{id}/messages and /api/messages."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.chat.models import Message, User
from apps.chat.records import ConversationRecord
from tests.chat.api.caller import Caller, problem_of, wrong_fields
from tests.chat.api.test_conversations import SESSION_AND_USER
from tests.chat.people import conversation, said

HISTORY_QUERIES = 3


@pytest.fixture
def path(where: ConversationRecord) -> str:
    """Where the messages of the conversation are."""
    return f"/conversations/{where.id}/messages"


def test_a_message_has_all_that_is_promised(as_ann: Caller, ann: User, path: str, where: ConversationRecord) -> None:
    response = as_ann.call("POST", path, {"text": "**Hello**", "client_id": "c-1"})
    message = response.json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/api/messages/{message['id']}"
    assert message.pop("created_at").endswith("Z")
    assert message.pop("id") == Message.objects.get().pk
    assert message == {
        "sequence": 1,
        "conversation": where.id,
        "author": {"id": ann.pk, "name": "ann"},
        "role": "user",
        "text": "**Hello**",
        "html": "<p><strong>Hello</strong></p>\n",
        "client_id": "c-1",
        "edited_at": None,
        "deleted": False,
        "completion": None,
    }


def test_a_message_in_a_page_is_the_message_as_it_was_answered(as_ann: Caller, as_bob: Caller, path: str) -> None:
    sent = as_ann.post(path, {"text": "*Hello*", "client_id": "c-1"})
    assert as_bob.get(path)["messages"] == [sent]
    edited = as_ann.call("PATCH", f"/messages/{sent['id']}", {"text": "Bye"}).json()
    assert as_bob.get(path)["messages"] == [edited]


def test_a_message_sent_again_is_stored_once_and_answered_the_same(as_ann: Caller, path: str) -> None:
    first, second = (as_ann.call("POST", path, {"text": "once", "client_id": "c-1"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.content == second.content
    assert first.headers["Location"] == second.headers["Location"]
    assert Message.objects.count() == 1


def test_a_client_id_cannot_carry_another_message(
    as_ann: Caller, as_bob: Caller, ann: User, path: str, where: ConversationRecord
) -> None:
    as_ann.post(path, {"text": "once", "client_id": "c-1"})
    elsewhere = f"/conversations/{conversation(ann).id}/messages"
    problem_of(as_ann.call("POST", path, {"text": "twice", "client_id": "c-1"}), 409)
    problem_of(as_ann.call("POST", elsewhere, {"text": "once", "client_id": "c-1"}), 409)
    as_bob.post(path, {"text": "bob's own", "client_id": "c-1"})
    assert Message.objects.count() == 2


def test_messages_without_client_id_are_all_stored(as_ann: Caller, path: str) -> None:
    for body in ({"text": "hi"}, {"text": "hi", "client_id": None}):
        as_ann.post(path, body)
    assert Message.objects.count() == 2


def walk(caller: Caller, path: str, *, key: str, parameter: str, start: dict[str, Any]) -> list[int]:
    """Follow one direction to its end and return the sequence numbers as they came."""
    found: list[int] = []
    page = start
    while page[key]:
        page = caller.get(f"{path}?limit=4&{parameter}={page[key]}")
        numbers = [message["sequence"] for message in page["messages"]]
        found = numbers + found if parameter == "before" else found + numbers
    return found


def test_history_is_paged_both_ways_without_gap_or_repeat(
    as_bob: Caller, ann: User, path: str, where: ConversationRecord
) -> None:
    sent = said(ann, where, *map(str, range(1, 16)))
    latest = as_bob.get(f"{path}?limit=4")
    assert [message["sequence"] for message in latest["messages"]] == [12, 13, 14, 15]
    assert latest["next_after"] is None
    assert walk(as_bob, path, key="next_before", parameter="before", start=latest) == list(range(1, 12))
    middle = as_bob.get(f"{path}?limit=4&around={sent[7].id}")
    numbers = [message["sequence"] for message in middle["messages"]]
    before = walk(as_bob, path, key="next_before", parameter="before", start=middle)
    after = walk(as_bob, path, key="next_after", parameter="after", start=middle)
    assert 8 in numbers
    assert before + numbers + after == list(range(1, 16))


def test_a_page_holds_fifty_messages_unless_told(
    as_ann: Caller, ann: User, path: str, where: ConversationRecord
) -> None:
    said(ann, where, *map(str, range(1, 53)))
    assert [message["sequence"] for message in as_ann.get(path)["messages"]] == list(range(3, 53))


def test_an_empty_conversation_has_an_empty_page(as_ann: Caller, path: str) -> None:
    assert as_ann.get(path) == {"messages": [], "next_before": None, "next_after": None, "last_event": 0}


@pytest.mark.parametrize(
    ("since", "first"),
    [("2024-05-01", 1), ("2024-05-02", 2), ("2024-05-02T11:00:00Z", 2), ("2024-05-02T16:00:00%2B02:00", 3)],
)
def test_history_begins_at_a_date(
    as_ann: Caller, ann: User, path: str, where: ConversationRecord, since: str, first: int
) -> None:
    for message, day in zip(said(ann, where, "a", "b", "c"), (1, 2, 3), strict=True):
        Message.objects.filter(pk=message.id).update(created_at=f"2024-05-0{day}T12:00:00Z")
    page = as_ann.get(f"{path}?since={since}&limit={4 - first}")
    assert page["messages"][0]["sequence"] == first


@pytest.mark.parametrize(
    "since",
    ["", "yesterday", "2024-13-01", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "%00", "%FF", "1"],
)
def test_a_bad_date_is_refused_by_name(as_ann: Caller, path: str, since: str) -> None:
    assert wrong_fields(as_ann.call("GET", f"{path}?since={since}")) == ["since"]


@pytest.mark.parametrize("since", ["0001-01-01", "9999-12-31T23:59:59.999999Z"])
def test_the_ends_of_time_are_dates_too(
    as_ann: Caller, ann: User, path: str, where: ConversationRecord, since: str
) -> None:
    said(ann, where, "a", "b")
    assert len(as_ann.get(f"{path}?since={since}")["messages"]) == 2


def test_a_position_must_be_one_message_of_this_conversation(
    as_ann: Caller, ann: User, path: str, where: ConversationRecord
) -> None:
    here, there = said(ann, where, "a")[0], said(ann, conversation(ann), "b")[0]
    for name in ("before", "after", "around"):
        for value in (str(there.id), "0", "-1", str(2**63), str(2**70), "x", ""):
            assert wrong_fields(as_ann.call("GET", f"{path}?{name}={value}")) == [name]
    assert wrong_fields(as_ann.call("GET", f"{path}?before={here.id}&since=2024-01-01")) == ["since"]


def test_a_page_of_history_costs_three_queries_at_most(
    as_ann: Caller,
    ann: User,
    path: str,
    where: ConversationRecord,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    sent = said(ann, where, *map(str, range(1, 60)))
    for query in ("", f"?before={sent[55].id}", f"?after={sent[2].id}", f"?around={sent[30].id}", "?since=2024-01-01"):
        with django_assert_max_num_queries(SESSION_AND_USER + HISTORY_QUERIES):
            assert len(as_ann.get(path + query)["messages"]) == 50


def test_author_and_owner_edit_and_delete(as_ann: Caller, as_bob: Caller, path: str) -> None:
    message = as_bob.post(path, {"text": "frist"})
    address = f"/messages/{message['id']}"
    edited = as_bob.call("PATCH", address, {"text": "first"}).json()
    assert (edited["text"], edited["html"]) == ("first", "<p>first</p>\n")
    assert edited["edited_at"]
    assert as_ann.call("PATCH", address, {"text": "moderated"}).status_code == 200
    for _ in range(2):
        assert as_ann.call("DELETE", address).status_code == 204
    [left] = as_bob.get(path)["messages"]
    assert (left["text"], left["html"], left["deleted"]) == ("", "", True)
    problem_of(as_bob.call("PATCH", address, {"text": "back"}), 409)


def test_a_mere_member_changes_nobody_elses_message(as_ann: Caller, as_bob: Caller, path: str) -> None:
    address = f"/messages/{as_ann.post(path, {'text': 'mine'})['id']}"
    problem_of(as_bob.call("PATCH", address, {"text": "his"}), 403)
    problem_of(as_bob.call("DELETE", address), 403)


def test_a_bad_text_is_refused_by_name(as_ann: Caller, path: str) -> None:
    address = f"/messages/{as_ann.post(path, {'text': 'good'})['id']}"
    for text in ("", " \n", "x" * 20_001, "\x00", "\ud800", "\udfff\ud800", "\u2066", 1, None, ["x"]):
        for method, where in (("POST", path), ("PATCH", address)):
            assert wrong_fields(as_ann.call(method, where, {"text": text})) == ["text"]
    assert [message["text"] for message in as_ann.get(path)["messages"]] == ["good"]


def test_a_bad_client_id_is_refused_by_name(as_ann: Caller, path: str) -> None:
    for client_id in ("", "x" * 65, "a\nb", "\ud800", 1, ["x"]):
        assert wrong_fields(as_ann.call("POST", path, {"text": "hi", "client_id": client_id})) == ["client_id"]
    assert as_ann.get(path)["messages"] == []


def test_an_unknown_member_of_the_body_is_named(as_ann: Caller, path: str) -> None:
    assert wrong_fields(as_ann.call("POST", path, {"text": "hi", "clientId": "c"})) == ["clientId"]
