"""Which details a span may carry out of the process: those that are known to say nothing of people."""

import re
from collections.abc import Mapping
from typing import Any

from apps.monitoring.privacy.scrub import scrubbed

BEGINNINGS = (
    "cache.", "celery.", "db.", "deduplication.", "exception.", "flight.", "messaging.", "peer.", "perfsite.",
    "resilience.", "rpc.", "server.",
)  # fmt: skip
NAMES = frozenset({
    "http.flavor", "http.method", "http.request.method", "http.response.status_code", "http.route", "http.scheme",
    "http.status_code", "network.protocol.version", "url.scheme",
})  # fmt: skip
REFUSED = frozenset({"celery.delivery_info", "exception.message", "exception.stacktrace"})
CHARACTERS_MOST = 300
STATEMENT = "db.query.text"
_literal = re.compile(r"'(?:[^']|'')*('|$)")


def cleaned(details: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """Return the details that may be known, scrubbed and cut to a length."""
    return {
        name: statement(str(value)) if name == STATEMENT else _value(value)
        for name, value in details.items()
        if is_allowed(name)
    }


def is_allowed(name: str) -> bool:
    """Return whether a detail is one of those that may be known."""
    return (name in NAMES or name.startswith(BEGINNINGS)) and name not in REFUSED


def statement(sql: str) -> str:
    """Return a statement of SQL on one line and without its texts; what came as parameters was never in it."""
    return " ".join(_literal.sub("?", sql).split())[:CHARACTERS_MOST]


def _value(value: Any) -> str | int | float | bool:
    if isinstance(value, (bool, int, float)):
        return value
    return scrubbed(str(value)[:CHARACTERS_MOST])
