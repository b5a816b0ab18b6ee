"""/api/conversations/{id}/export."""

import json

from apps.chat.models import User
from apps.chat.records import ConversationRecord
from tests.chat.api.caller import Caller, problem_of, wrong_fields
from tests.chat.people import said


def test_a_member_takes_the_conversation_out_as_a_file(as_bob: Caller, ann: User, where: ConversationRecord) -> None:
    said(ann, where, "one", "two")
    path = f"/conversations/{where.id}/export"
    for query, media, name in (("", "application/jsonl", "jsonl"), ("?format=csv", "text/csv", "csv")):
        response = as_bob.call("GET", path + query)
        assert (response.status_code, response.headers["Content-Type"]) == (200, f"{media}; charset=utf-8")
        assert response.headers["Content-Disposition"] == f'attachment; filename="conversation-{where.id}.{name}"'
        assert response.headers["Cache-Control"] == "private, no-cache"
        content = b"".join(response.streaming_content).decode()
        assert content.index("one") < content.index("two")
        if name == "jsonl":
            assert [json.loads(line) for line in content.splitlines()]


def test_an_export_that_cannot_be_is_a_problem_and_no_broken_file(
    as_ann: Caller, as_eve: Caller, where: ConversationRecord
) -> None:
    path = f"/conversations/{where.id}/export"
    assert wrong_fields(as_ann.call("GET", f"{path}?format=xml")) == ["format"]
    problem_of(as_eve.call("GET", path), 404)


def test_head_asks_for_no_file(as_ann: Caller, where: ConversationRecord) -> None:
    response = as_ann.call("HEAD", f"/conversations/{where.id}/export")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/jsonl")
    assert b"".join(response) == b""
