"""/api/conversations/{id}/members."""

import pytest

from apps.chat.models import User
from apps.chat.records import ConversationRecord
from tests.chat.api.caller import Caller, problem_of, wrong_fields


@pytest.fixture
def path(where: ConversationRecord) -> str:
    """Where the members of the conversation are."""
    return f"/conversations/{where.id}/members"


def test_members_are_listed_the_oldest_first(as_bob: Caller, ann: User, bob: User, path: str) -> None:
    page = as_bob.get(path)
    assert page["next"] is None
    assert [(one["id"], one["name"], one["role"]) for one in page["results"]] == [
        (ann.pk, "ann", "owner"),
        (bob.pk, "bob", "member"),
    ]


def test_an_owner_adds_and_removes(
    as_ann: Caller, as_eve: Caller, eve: User, path: str, where: ConversationRecord
) -> None:
    response = as_ann.call("POST", path, {"username": "eve"})
    assert response.status_code == 201
    assert response.headers["Location"] == f"/api{path}/{eve.pk}"
    assert as_eve.get(f"/conversations/{where.id}")["role"] == "member"
    assert as_ann.call("DELETE", f"{path}/{eve.pk}").status_code == 204
    problem_of(as_eve.call("GET", f"/conversations/{where.id}"), 404)


def test_a_member_adds_nobody_removes_nobody_and_leaves(
    as_bob: Caller, ann: User, bob: User, eve: User, path: str
) -> None:
    problem_of(as_bob.call("POST", path, {"username": "eve"}), 403)
    problem_of(as_bob.call("DELETE", f"{path}/{ann.pk}"), 403)
    assert as_bob.call("DELETE", f"{path}/{bob.pk}").status_code == 204
    problem_of(as_bob.call("GET", path), 404)


def test_who_is_a_member_already_is_a_conflict(as_ann: Caller, path: str) -> None:
    problem_of(as_ann.call("POST", path, {"username": "bob"}), 409)


def test_whoever_cannot_be_added_is_refused_by_name(as_ann: Caller, path: str) -> None:
    for username in ("", "nobody", "x" * 151, "a\x00b", "\ud800", 5, None):
        assert wrong_fields(as_ann.call("POST", path, {"username": username})) == ["username"]


def test_removing_nobody_is_not_found(as_ann: Caller, eve: User, path: str) -> None:
    for member in (eve.pk, 0, 2**63, 2**70):
        problem_of(as_ann.call("DELETE", f"{path}/{member}"), 404)
