"""Requests with a key."""

from typing import Any

from tests.chat.api.caller import Caller

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def sent(caller: Caller, method: str, path: str, body: Any = None, *, key: str = KEY, **options: Any) -> Any:
    """Return the answer to a request that carries the key."""
    return caller.call(method, path, body, headers={"Idempotency-Key": key}, **options)


def is_replay(response: Any) -> bool:
    """Return whether the answer says that it was given before."""
    return response.headers.get("Idempotent-Replayed") == "true"
