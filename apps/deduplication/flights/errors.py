"""Errors as other processes can have them: a registered type by its code and JSON arguments, else a text."""

from typing import Any, TypeVar

import orjson

from apps.deduplication.exceptions import FlightError

E = TypeVar("E", bound=type[Exception])

TEXT_MAX_CHARACTERS = 500
_types: dict[str, type[Exception]] = {}
_codes: dict[type[Exception], str] = {}


def shareable(code: str, kind: E) -> E:
    """Let waiters anywhere receive this error as itself: it is made anew from its `args`, which JSON must carry.

    Returns the type; raise ValueError for a code that is taken.
    """
    if _types.setdefault(code, kind) is not kind:
        raise ValueError(f"The code {code!r} stands for {_types[code].__name__}.")
    _codes[kind] = code
    return kind


def described(error: BaseException) -> bytes:
    """Return the error's shared form. Where its arguments cannot travel, or its type is unknown, it is a text."""
    code = _codes.get(type(error), "")  # type: ignore[arg-type]  # a BaseException has no code
    try:
        return orjson.dumps([code, list(error.args)]) if code else _text(error)
    except TypeError:
        return _text(error)


def rebuilt(data: bytes) -> Exception:
    """Return a new error from its shared form; one that cannot be made is a FlightError that says so."""
    try:
        code, args = orjson.loads(data)
        return _types[code](*args) if code in _types else FlightError(*args)
    except (ValueError, TypeError) as error:
        return FlightError(f"The shared error cannot be read: {error}")


def _text(error: BaseException) -> bytes:
    text: Any = f"{type(error).__name__}: {error}"[:TEXT_MAX_CHARACTERS]
    return orjson.dumps(["", [text.encode("utf-8", "replace").decode()]])
