"""What a client may say over its socket: strict about names and types, in words that help."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from apps.chat.cursor import LARGEST


class RequestError(Exception):
    """A frame that cannot be taken; the text says why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A frame that has the right form. What its type does not have is None."""

    kind: str
    conversation: int = 0
    after_sequence: int | None = None
    sequence: int = 0
    text: str = ""
    client_id: str | None = None
    traceparent: str | None = None


def requested(text: str | None) -> Request:
    """Return a frame as a request; raise RequestError, naming the field."""
    if text is None:
        raise RequestError("invalid", "Frames are text, not binary.")
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RequestError("invalid", f"This is not JSON: {error}.") from None
    if not isinstance(data, dict):
        raise RequestError("invalid", "A frame is a JSON object.")
    kind = data.pop("type", None)
    fields = KINDS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        raise RequestError("invalid", f"type: must be one of {', '.join(KINDS)}.")
    if unknown := data.keys() - fields.keys():
        raise RequestError("invalid", f"{min(unknown)[:50]}: is no field of {kind}.")
    return Request(kind=str(kind), **{name: check(name, data.get(name)) for name, check in fields.items()})


def _number(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise RequestError("invalid", f"{name}: must be a whole number from 0.")
    return value


def _optional_number(name: str, value: object) -> int | None:
    return None if value is None else _number(name, value)


def _string(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise RequestError("invalid", f"{name}: must be a string.")
    return value


def _optional_string(name: str, value: object) -> str | None:
    return None if value is None else _string(name, value)


Fields = dict[str, Callable[[str, Any], Any]]
KINDS: dict[str, Fields] = {
    "subscribe": {"conversation": _number, "after_sequence": _optional_number, "traceparent": _optional_string},
    "unsubscribe": {"conversation": _number},
    "message": {
        "conversation": _number,
        "text": _string,
        "client_id": _optional_string,
        "traceparent": _optional_string,
    },
    "typing": {"conversation": _number},
    "read": {"conversation": _number, "sequence": _number, "traceparent": _optional_string},
    "ping": {},
}
