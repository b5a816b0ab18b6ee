"""JSON as files have it: parsed with every way it can be broken told as an InvalidError."""

import json
from typing import Any, cast

from apps.chat.exceptions import InvalidError
from apps.chat.imports.limits import ELEMENT_MAX_BRACKETS


def parsed_object(text: str) -> dict[str, Any]:
    """Return the JSON object; raise InvalidError for broken JSON, nesting or parts without end, and any other value."""
    if text.count("[") + text.count("{") > ELEMENT_MAX_BRACKETS:
        raise InvalidError("json", f"has more than {ELEMENT_MAX_BRACKETS:,} parts.")
    try:
        value = json.loads(text)
    except RecursionError:
        raise InvalidError("json", "is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise InvalidError("json", f"{error.msg.removesuffix(' at')} at character {error.pos + 1}.") from None
    except ValueError:
        raise InvalidError("json", "holds a number too long to read.") from None
    if not isinstance(value, dict):
        raise InvalidError("json", "is no object.")
    return cast("dict[str, Any]", value)


def joined_parts(parts: object) -> str | None:
    """Return the text of a content of several parts, a note in brackets for what is no text; None without any."""
    if not isinstance(parts, list):
        return None
    words = [word for part in parts if (word := _part(part))]
    return "\n\n".join(words) or None


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    for name in ("text", "refusal"):
        if isinstance(part.get(name), str):
            return cast("str", part[name])
    return _note(str(part.get("type") or part.get("content_type") or ""))


def _note(kind: str) -> str:
    return next((f"[{word}]" for word in ("image", "audio", "video", "file") if word in kind), "[attachment]")
