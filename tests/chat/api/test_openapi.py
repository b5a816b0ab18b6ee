"""The OpenAPI document and its page."""

import json
from typing import Any

import pytest

from apps.chat.api.urls import api
from tests.chat.api.caller import Caller

OPERATIONS = [
    pytest.param(method, path, operation, id=operation["operationId"])
    for path, operations in api.document["paths"].items()
    for method, operation in operations.items()
]


def test_the_document_is_public_and_complete(db: None) -> None:
    document = Caller().get("/openapi.json")
    assert document["openapi"] == "3.1.0"
    assert {"Problem", "InvalidProblem", "FieldError", "HistoryPage"} <= document["components"]["schemas"].keys()
    references = set(refs(document))
    assert references
    assert references <= {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def refs(part: Any) -> list[str]:
    """Return all references in a document."""
    if isinstance(part, dict):
        return [part["$ref"]] if "$ref" in part else [ref for value in part.values() for ref in refs(value)]
    return [ref for value in part for ref in refs(value)] if isinstance(part, list) else []


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_operation_tells_its_errors_and_its_security(method: str, path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    assert {400, 401, 500, 503} <= responses.keys()
    assert ("{" in path) == (404 in responses)
    assert (method != "get") == (403 in responses)
    for status, response in responses.items():
        if status >= 400:
            assert list(response["content"]) == ["application/problem+json"]
    assert operation["security"] == [{"Session": []} if method == "get" else {"Session": [], "Csrf": []}]


def test_operations_have_names_of_their_own() -> None:
    names = [parameter.values[2]["operationId"] for parameter in OPERATIONS]
    assert len(set(names)) == len(names)


def test_a_message_is_documented_as_the_contract_has_it() -> None:
    message = api.document["components"]["schemas"]["MessageRecord"]
    names = "id sequence conversation author role text html client_id created_at edited_at deleted completion"
    assert list(message["properties"]) == names.split()
    assert json.dumps(message)


def test_the_page_of_the_document_is_public_and_needs_no_inline_script(db: None) -> None:
    response = Caller().call("GET", "/docs")
    page = response.content.decode()
    assert response.status_code == 200
    assert "'unsafe-inline'" not in response.headers["Content-Security-Policy"]
    scripts = page.split("<script")[1:]
    assert scripts
    assert all(
        "src=" in script.split(">")[0] or 'type="application/json"' in script.split(">")[0] for script in scripts
    )
