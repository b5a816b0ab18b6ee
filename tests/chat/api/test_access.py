"""Who gets in: strangers, outsiders, the deactivated, and requests without a CSRF token."""

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from apps.chat.api.urls import api
from apps.chat.models import User
from apps.chat.records import ConversationRecord
from apps.chat.services.members import remove_member
from tests.chat.api.caller import Caller, form, problem_of
from tests.chat.people import said

NOBODY = 4_000_000_000
BODIES = {
    "NewConversation": {"title": "Mine"},
    "Changes": {"title": "Mine"},
    "Ask": {"regenerate": True},
    "Marker": {"sequence": 1},
    "NewMember": {"username": "eve"},
    "NewMessage": {"text": "hello"},
    "Text": {"text": "hello"},
}


def routes(*, below: str = "") -> list[Any]:
    """Return every method and path of the OpenAPI that lies below a resource, with the name of its body."""
    return [
        pytest.param(method.upper(), path.removeprefix("/api"), body_of(operation), id=operation["operationId"])
        for path, operations in api.document["paths"].items()
        for method, operation in operations.items()
        if path.startswith(f"/api{below}")
    ]


def body_of(operation: dict[str, Any]) -> Any:
    """Return a good body for an operation; one without an example here fails its tests."""
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return form(file="no file")
    if not content:
        return None
    schema = content["application/json"]["schema"]
    return BODIES[schema.get("anyOf", [schema])[0]["$ref"].rpartition("/")[2]]


def addressed(path: str, **ids: int) -> str:
    """Return the path with ids in it; a parameter of another name fails."""
    return re.sub(r"{(\w+)}", lambda match: str(ids[match[1]]), path)


def with_addresses(parameters: list[Any]) -> list[Any]:
    """Return the routes that carry an id."""
    return [parameter for parameter in parameters if "{" in parameter.values[1]]


@pytest.mark.parametrize(("method", "path", "body"), routes())
def test_a_stranger_gets_401_on_every_route(db: None, method: str, path: str, body: Any) -> None:
    response = Caller().call(method, addressed(path, **dict.fromkeys(ids(path), 1)), body)
    problem_of(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Cookie ")
    assert "Location" not in response.headers


@pytest.mark.parametrize(("method", "path", "body"), with_addresses(routes()))
def test_an_outsider_cannot_tell_what_exists_from_what_does_not(
    as_eve: Caller, ann: User, where: ConversationRecord, method: str, path: str, body: Any
) -> None:
    message = said(ann, where, "secret")[0]
    existing = {"conversation_id": where.id, "message_id": message.id, "member_id": ann.pk, "import_id": NOBODY}
    closed = as_eve.call(method, addressed(path, **existing), body)
    unknown = as_eve.call(method, addressed(path, **dict.fromkeys(existing, NOBODY)), body)
    problem_of(closed, 404)
    assert closed.content == unknown.content
    for response in (closed, unknown):
        del response.headers["RateLimit"]  # counts down
    assert closed.headers.items() == unknown.headers.items()


@pytest.mark.parametrize(("method", "path", "body"), with_addresses(routes(below="/conversations")))
def test_who_has_left_is_an_outsider_at_once(
    as_bob: Caller, ann: User, bob: User, where: ConversationRecord, method: str, path: str, body: Any
) -> None:
    remove_member(user_id=ann.pk, conversation_id=where.id, member_id=bob.pk)
    address = addressed(path, conversation_id=where.id, member_id=ann.pk)
    problem_of(as_bob.call(method, address, body), 404)


@pytest.mark.parametrize(("method", "path", "body"), with_addresses(routes()))
def test_an_id_that_cannot_be_is_not_found(as_ann: Caller, method: str, path: str, body: Any) -> None:
    numbers = ("0", "-1", str(2**63), str(2**64), "9" * 4400, "1.0", "%31%30x")
    answers = {number: as_ann.call(method, re.sub(r"{\w+}", number, path), body) for number in numbers}
    for answer in answers.values():
        problem_of(answer, 404)
    assert len(answers) == len(numbers)


@pytest.mark.parametrize(("method", "path", "body"), routes())
def test_unsafe_methods_need_the_csrf_token(
    ann: User, where: ConversationRecord, method: str, path: str, body: Any
) -> None:
    caller = Caller(ann, enforce_csrf_checks=True)
    response = caller.call(method, addressed(path, **dict.fromkeys(ids(path), where.id)), body)
    if method == "GET":
        assert response.status_code != 403
    else:
        document = problem_of(response, 403)
        assert (document["type"], document["detail"].split(".")[0]) == ("/problems/csrf", "CSRF cookie not set")


def test_with_the_csrf_token_of_the_cookie_a_message_is_sent(ann: User, where: ConversationRecord) -> None:
    caller = Caller(ann, enforce_csrf_checks=True)
    caller.client.get("/api/docs")
    token = caller.client.cookies["csrftoken"].value
    path = f"/conversations/{where.id}/messages"
    for given, status in (("", 403), ("x" * 32, 403), (token, 201)):
        response = caller.call("POST", path, {"text": "hi"}, headers={"X-CSRFToken": given})
        assert response.status_code == status


def test_another_sites_page_sends_nothing(ann: User, where: ConversationRecord) -> None:
    caller = Caller(ann, enforce_csrf_checks=True)
    caller.client.get("/api/docs")
    headers = {"X-CSRFToken": caller.client.cookies["csrftoken"].value, "Origin": "https://evil.example"}
    response = caller.call("POST", f"/conversations/{where.id}/messages", {"text": "hi"}, headers=headers)
    assert "evil.example" in problem_of(response, 403)["detail"]


def test_a_user_deactivated_meanwhile_is_a_stranger(as_bob: Caller, bob: User, where: ConversationRecord) -> None:
    assert as_bob.get("/conversations")["results"]
    get_user_model().objects.filter(pk=bob.pk).update(is_active=False)
    problem_of(as_bob.call("GET", "/conversations"), 401)


def test_a_session_ends_with_the_sign_out_and_with_a_new_password(as_bob: Caller, bob: User) -> None:
    bob.set_password("another horse")
    bob.save()
    problem_of(as_bob.call("GET", "/conversations"), 401)
    again = Caller(bob)
    again.client.logout()
    problem_of(again.call("GET", "/conversations"), 401)


def ids(path: str) -> list[str]:
    """Return the names of the ids in a path."""
    return re.findall(r"{(\w+)}", path)
