"""/api/conversations."""

from typing import Any

from pytest_django import DjangoAssertNumQueries

from apps.chat.models import User
from apps.chat.records import ConversationRecord
from tests.chat.api.caller import Caller, problem_of, wrong_fields
from tests.chat.people import conversation, said

SESSION_AND_USER = 2


def pages(caller: Caller, path: str) -> list[dict[str, Any]]:
    """Follow `next` to the end."""
    found, address = [], f"/api{path}"
    while address:
        page = caller.get(address.removeprefix("/api"))
        found += page["results"]
        address = page["next"]
    return found


def test_a_new_conversation_is_its_makers(as_ann: Caller) -> None:
    response = as_ann.call("POST", "/conversations", {"title": "  Plans "})
    made = response.json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/api/conversations/{made['id']}"
    assert (made["title"], made["role"], made["unread"], made["last_sequence"]) == ("Plans", "owner", 0, 0)
    assert as_ann.get(f"/conversations/{made['id']}") == made


def test_times_are_in_utc_and_say_so(as_ann: Caller, where: ConversationRecord) -> None:
    assert as_ann.get(f"/conversations/{where.id}")["created_at"].endswith("Z")


def test_the_list_shows_unread_counts_and_previews(
    as_ann: Caller, as_bob: Caller, ann: User, where: ConversationRecord
) -> None:
    said(ann, where, "one", "two")
    for caller, unread in ((as_ann, 0), (as_bob, 2)):
        [listed] = caller.get("/conversations")["results"]
        assert (listed["unread"], listed["preview"], listed["last_sequence"]) == (unread, "two", 2)


def test_reading_moves_the_marker_forward_only(as_bob: Caller, ann: User, where: ConversationRecord) -> None:
    said(ann, where, "one", "two", "three")
    path = f"/conversations/{where.id}"
    for sequence, stands in ((2, 2), (1, 2), (99, 3)):
        response = as_bob.call("POST", f"{path}/read", {"sequence": sequence})
        assert (response.status_code, response.json()) == (200, {"last_read_sequence": stands})
    assert as_bob.get(path)["unread"] == 0


def test_the_list_is_paged_to_the_end_without_gap_or_repeat(as_ann: Caller, ann: User) -> None:
    made = [conversation(ann, title=f"Number {number}").id for number in range(7)]
    assert [one["id"] for one in pages(as_ann, "/conversations?limit=3")] == made[::-1]
    assert as_ann.get("/conversations?limit=7")["next"] is None
    assert "limit=3" in as_ann.get("/conversations?limit=3")["next"]


def test_the_list_costs_one_query_however_long(
    as_ann: Caller, ann: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(1, 9):
        said(ann, conversation(ann), "hello")
        if number in {1, 8}:
            with django_assert_num_queries(SESSION_AND_USER + 1):
                assert len(as_ann.get("/conversations")["results"]) == number


def test_a_forged_cursor_is_refused_by_name(as_ann: Caller, where: ConversationRecord) -> None:
    for cursor in ("", "x", "%FF", "MQ", "MS4y.Mw", "9" * 5000, "%00", "LTEuMQ", "OTk5OTk5OTk5OTk5OTk5OTk5LjE"):
        assert wrong_fields(as_ann.call("GET", f"/conversations?cursor={cursor}")) == ["cursor"]


def test_a_limit_out_of_bounds_is_refused_by_name(as_ann: Caller) -> None:
    for limit in ("0", "-1", "101", "x", "1.5", str(2**70), ""):
        assert wrong_fields(as_ann.call("GET", f"/conversations?limit={limit}")) == ["limit"]


def test_only_an_owner_renames_and_deletes(as_ann: Caller, as_bob: Caller, where: ConversationRecord) -> None:
    path = f"/conversations/{where.id}"
    for method, body in (("PATCH", {"title": "Mine"}), ("DELETE", None)):
        problem_of(as_bob.call(method, path, body), 403)
    assert as_ann.call("PATCH", path, {"title": "Ours"}).json()["title"] == "Ours"
    deleted = as_ann.call("DELETE", path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert "Content-Type" not in deleted.headers
    for caller in (as_ann, as_bob):
        problem_of(caller.call("GET", path), 404)


def test_a_bad_title_is_refused_by_name(as_ann: Caller, where: ConversationRecord) -> None:
    for title in ("", "  ", "x" * 201, "a\x00b", "a\nb", "a\u202eb", "\ud800", 5, True, None, ["x"], {"a": 1}):
        for method, path in (("POST", "/conversations"), ("PATCH", f"/conversations/{where.id}")):
            assert wrong_fields(as_ann.call(method, path, {"title": title})) == ["title"]
    assert len(as_ann.get("/conversations")["results"]) == 1


def test_a_bad_marker_is_refused_by_name(as_ann: Caller, where: ConversationRecord) -> None:
    for sequence in (-1, 2**63, 10**400, 1.0, "1", True, None):
        path = f"/conversations/{where.id}/read"
        assert wrong_fields(as_ann.call("POST", path, {"sequence": sequence})) == ["sequence"]
