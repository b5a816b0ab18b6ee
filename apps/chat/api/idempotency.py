"""Idempotency-Key on every unsafe route: one decorator around all operations (docs/decisions/0014)."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpResponse

from apps.chat.access import standing_of
from apps.chat.api.openapi import SAFE
from apps.chat.api.security import META_KEY, SignedInRequest
from apps.chat.exceptions import ConflictError, InvalidError
from apps.chat.rates import WRITES, admit
from apps.deduplication.idempotency.answer import KEPT_HEADERS, Answer
from apps.deduplication.idempotency.attempt import attempt_of
from apps.deduplication.idempotency.key import REPLAYED
from apps.deduplication.idempotency.once import Effect, once
from apps.deduplication.idempotency.policy import operations

Operation = Callable[..., Any]


def idempotent(operation: Operation) -> Operation:
    """Have the operation run once for each key; a request without one passes by, for a look into a dict.

    Around it the caller is known, the CSRF token checked and every value read; inside it all rules hold.
    """
    operations.add(operation.__name__)

    @wraps(operation)
    def run(request: SignedInRequest, **values: Any) -> Any:
        if (key := request.META.get(META_KEY)) is None or (request.method or "").lower() in SAFE:
            return operation(request, **values)
        return run_once(operation, request, values, key)

    return run


def run_once(operation: Operation, request: SignedInRequest, values: Mapping[str, Any], key: str) -> Any:
    """Return the operation's own response, cookies and all, or what was kept of the one it gave before."""
    response = None

    def work() -> Answer:
        nonlocal response
        admit(WRITES, request.auth)
        response = operation(request, **values)
        return kept(response)

    effect = Effect(
        operation=operation.__name__,
        work=work,
        standing=lambda: standing_of(user_id=request.auth, **addressed(values)),
        unrelated=(ConflictError, InvalidError),
    )
    answer = once(attempt_of(request, user_id=request.auth, key=key), effect)
    return replay(answer) if answer.is_replayed else response


def addressed(values: Mapping[str, Any]) -> dict[str, int]:
    """Return those of an operation's values that say in which conversation it acts."""
    return {name: values[name] for name in ("conversation_id", "message_id") if name in values}


def kept(response: Any) -> Answer:
    """Return what is stored of an answer; raise TypeError for one that could not be given again."""
    if not isinstance(response, HttpResponse):
        raise TypeError(f"An unsafe operation answers an HttpResponse, not {type(response).__name__}.")
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return Answer(status=response.status_code, headers=headers, body=response.content)


def replay(answer: Answer) -> HttpResponse:
    """Return what was kept as a response that says it is a replay."""
    response = HttpResponse(answer.body, status=answer.status)
    del response.headers["Content-Type"]  # Django's guess; the right one, where there is one, is among the kept
    for name, value in {**answer.headers, REPLAYED: "true"}.items():
        response.headers[name] = value
    return response
