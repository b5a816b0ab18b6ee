"""What a line says, without what names or unlocks somebody: scrubbed texts, routes for paths."""

import traceback
from collections.abc import MutableMapping
from typing import Any

from apps.monitoring.privacy.scrub import scrubbed, without_words
from apps.monitoring.routes import route_of

Event = MutableMapping[str, Any]
CAUSES_MOST = 5
WORDY = ("django.security", "celery.app.trace")  # quote what they were given


def scrub(_logger: Any, _method: str, event: Event) -> Event:
    """Clean the line, as structlog's processors do."""
    event["event"] = _said(event["_record"], str(event["event"]), event.pop("positional_args", ()))
    error = event.pop("exc_info", None)
    for name, value in event.items():
        if isinstance(value, str) and name not in {"request_id", "trace_id"}:
            event[name] = scrubbed(value)
    if isinstance(error, tuple) and error[1] is not None:
        event["exception"] = told(error[1])
    return event


def told(error: BaseException) -> str:
    """Return an error with its causes and where they were raised; of what it says, nothing in quotes."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(parts) < CAUSES_MOST:
        where = "".join(traceback.format_tb(cause.__traceback__))
        parts.append(f"{where}{type(cause).__qualname__}: {without_words(str(cause))}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n\nwhich led to\n\n".join(reversed(parts))


def _said(record: Any, text: str, args: Any) -> str:
    request = getattr(record, "request", None)
    path = getattr(request, "path", "")
    if path:  # as Django tells of requests that went wrong
        return text.replace(path, "/" + route_of(path).removeprefix("/"))
    if record.name.startswith(WORDY):
        return without_words(text)
    if isinstance(args, tuple) and any(isinstance(one, BaseException) for one in args):
        words = (without_words(str(one)) if isinstance(one, BaseException) else one for one in args)
        return str(record.msg) % tuple(words)
    return text
