"""The OpenAPI document: ninja's, completed with what every operation may answer and ask for."""

from functools import cached_property
from http import HTTPStatus
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from ninja.operation import Operation
from pydantic import TypeAdapter

from apps.chat.problems import MEDIA_TYPE, InvalidProblem, Problem
from apps.deduplication.idempotency.key import HEADER, KEY_MAX_CHARACTERS, REPLAYED
from apps.resilience.limits.fields import RATE_LIMIT, RATE_LIMIT_POLICY

SAFE = frozenset({"get", "head"})
ALWAYS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
WITH_BODY = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
CSRF_SCHEME = {"type": "apiKey", "in": "header", "name": "X-CSRFToken"}
ID_SCHEMA = {"type": "string"}
KEY_PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "Sent again with the same key, the request is done once and its first answer comes again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX_CHARACTERS},
}
ETAG_HEADER = {
    "description": "Sent back in `If-None-Match`, it is answered 304 while nothing changed.",
    "schema": ID_SCHEMA,
}
REPLAYED_HEADER = {"description": "The first answer to this Idempotency-Key.", "schema": {"enum": ["true"]}}
RETRY_HEADER = {"description": "Seconds.", "schema": {"type": "string"}}
LIMIT_HEADERS = {
    RATE_LIMIT_POLICY: {"description": 'The limits that count here: `"reads";q=600;w=60`.', "schema": ID_SCHEMA},
    RATE_LIMIT: {"description": 'What is left of each: `"reads";r=599;t=1`.', "schema": ID_SCHEMA},
}


class DocumentedApi(NinjaAPI):
    """Describes the errors once for all routes, so that no route can forget one."""

    @cached_property
    def document(self) -> OpenAPISchema:
        """The whole document, made at its first use."""
        document = super().get_openapi_schema()
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                complete(operation, method=method, has_address="{" in path)
        document["components"]["schemas"].update(problem_schemas())
        document["components"]["securitySchemes"]["Csrf"] = CSRF_SCHEME
        return document

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the function's own name: unique over the API."""
        return operation.view_func.__name__

    def get_openapi_schema(self, **_: Any) -> OpenAPISchema:
        """Return the document."""
        return self.document


def complete(operation: dict[str, Any], *, method: str, has_address: bool) -> None:
    """Add the errors and the security that follow from the operation's shape."""
    responses = operation["responses"]
    if "application/json" in responses.get(HTTPStatus.OK, {}).get("content", {}) and method in SAFE:
        complete_safe(responses)
    for status in sorted({*ALWAYS, *conditional(operation, method=method, has_address=has_address), *responses}):
        if status >= HTTPStatus.BAD_REQUEST:
            responses[status] = refusal(HTTPStatus(status))
    for status, response in responses.items():
        response.setdefault("headers", {}).update({"X-Request-ID": {"schema": ID_SCHEMA}, **LIMIT_HEADERS})
        if status == HTTPStatus.CREATED:
            response["headers"]["Location"] = {"schema": ID_SCHEMA}
    responses[HTTPStatus.TOO_MANY_REQUESTS]["headers"]["Retry-After"] = RETRY_HEADER
    if method not in SAFE:
        complete_unsafe(operation)


def complete_safe(responses: dict[int, Any]) -> None:
    """Add the ETag and what comes of it."""
    responses[HTTPStatus.NOT_MODIFIED] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
    for status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
        responses[status].setdefault("headers", {})["ETag"] = ETAG_HEADER


def complete_unsafe(operation: dict[str, Any]) -> None:
    """Add the CSRF token, and the Idempotency-Key with what comes of it."""
    operation["security"] = [{**requirement, "Csrf": []} for requirement in operation["security"]]
    operation["parameters"].append(KEY_PARAMETER)
    for status, response in operation["responses"].items():
        if status < HTTPStatus.BAD_REQUEST:
            response["headers"][REPLAYED] = REPLAYED_HEADER
    operation["responses"][HTTPStatus.CONFLICT]["headers"]["Retry-After"] = RETRY_HEADER


def conditional(operation: dict[str, Any], *, method: str, has_address: bool) -> set[HTTPStatus]:
    """Return the errors that only operations of this shape answer."""
    statuses = set()
    if has_address:
        statuses.add(HTTPStatus.NOT_FOUND)
    if method not in SAFE:
        statuses.update((HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY))
    if "requestBody" in operation:
        statuses.update(WITH_BODY)
    if any(parameter["in"] == "query" for parameter in operation["parameters"]):
        statuses.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    return statuses


def refusal(status: HTTPStatus) -> dict[str, Any]:
    """Return the description of an error's response."""
    kind = InvalidProblem if status == HTTPStatus.UNPROCESSABLE_ENTITY else Problem
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": schema}}}


def problem_schemas() -> dict[str, Any]:
    """Return the JSON schemas of the problem documents by name."""
    kinds = [(kind.__name__, "serialization", TypeAdapter(kind)) for kind in (Problem, InvalidProblem)]
    _, schema = TypeAdapter.json_schemas(kinds, ref_template=REF_TEMPLATE)  # type: ignore[arg-type]
    definitions: dict[str, Any] = schema["$defs"]
    return definitions
