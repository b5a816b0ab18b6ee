"""Questions for the tests."""

from typing import Any

from apps.chat.assistant.upstream import Line, Question


def question(text: str = "How are you?", **fields: Any) -> Question:
    """Return a question of somebody in conversation 1."""
    values: dict[str, Any] = {
        "conversation": 1,
        "asked_by": 1,
        "text": text,
        "before": 100,
        "lines": (Line("system", "Be brief"), Line("user", text)),
        "model": "",
        "temperature": 0.5,
        "reply_tokens": 50,
        "connect_seconds": 2.0,
    }
    return Question(**{**values, **fields})
