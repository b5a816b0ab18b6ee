"""Spans of what is over when it is told of, and has no children: for recorders, at a microsecond or two each."""

from random import getrandbits
from time import time_ns
from typing import Any

from opentelemetry.trace import SpanKind

from apps.monitoring.privacy.details import STATEMENT
from apps.monitoring.tracing.place import here
from apps.monitoring.tracing.span import Span

BILLION = 1_000_000_000
STATEMENT_CHARACTERS, NAME_CHARACTERS = 300, 20


def leaf(name: str, seconds: float, details: dict[str, Any], *, kind: SpanKind, error: BaseException | None) -> None:
    """Note what has just ended and took so long; does nothing outside of a trace. Never blocks."""
    place = here()
    if place is None:
        return
    trace, parent_id = place
    ended = time_ns()
    start = ended - int(seconds * BILLION)
    span = Span(
        trace, name, span_id=getrandbits(64) or 1, parent_id=parent_id, start=start, kind=kind, details=details
    )  # fmt: skip
    if error is not None:
        span.fail(error)
    span.end(ended)


def query(statement: str, seconds: float, *, system: str, rows: int = -1, error: BaseException | None = None) -> None:
    """Note a query of the database: its statement with placeholders, never with values."""
    statement = statement[:STATEMENT_CHARACTERS].strip()
    details: dict[str, Any] = {"db.system.name": system, STATEMENT: statement}
    if rows >= 0:
        details["db.response.returned_rows"] = rows
    leaf(statement.partition(" ")[0][:NAME_CHARACTERS] or "query", seconds, details, kind=SpanKind.CLIENT, error=error)
