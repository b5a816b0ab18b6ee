"""A span, as the OpenTelemetry API wants it and as light as it can be: a record in its process's trace."""

import traceback
from collections.abc import Mapping
from time import time_ns
from types import TracebackType
from typing import Any

from opentelemetry import trace as api
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode

from apps.monitoring.tracing.trace import Trace

DETAILS_MOST, EVENTS_MOST, LINKS_MOST = 32, 8, 8
CHARACTERS_MOST = 300
FRAMES = 3
Event = tuple[int, str, dict[str, Any]]


class Span(api.Span):
    """Belongs to its trace once it has ended. Details, events and links beyond a bound are left out."""

    __slots__ = (
        "_context", "details", "end_ns", "events", "id", "is_error", "kind", "links", "name", "parent_id", "start",
        "trace",
    )  # fmt: skip

    def __init__(
        self,
        trace: Trace,
        name: str,
        *,
        span_id: int,
        parent_id: int,
        start: int,
        kind: SpanKind = SpanKind.INTERNAL,
        details: dict[str, Any] | None = None,
    ) -> None:
        self.trace, self.name, self.kind = trace, name, kind
        self.id, self.parent_id = span_id, parent_id
        self.start, self.end_ns, self.is_error = start, 0, False
        self.details = {} if details is None else details
        self.events: list[Event] | None = None
        self.links: list[SpanContext] | None = None
        self._context: SpanContext | None = None

    def end(self, end_time: int | None = None) -> None:
        """End it, once; the time is nanoseconds since 1970."""
        if not self.end_ns:
            self.end_ns = end_time or time_ns()
            self.trace.add(self)

    def get_span_context(self) -> SpanContext:
        """Return its name for others."""
        if self._context is None:
            self._context = self.trace.context(self.id)
        return self._context

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Note details."""
        for key, value in attributes.items():
            self.set_attribute(key, value)

    def set_attribute(self, key: str, value: Any) -> None:
        """Note a detail, of a text its beginning."""
        if len(self.details) < DETAILS_MOST:
            self.details[key] = value[:CHARACTERS_MOST] if isinstance(value, str) else value

    def add_event(self, name: str, attributes: Any = None, timestamp: int | None = None) -> None:
        """Note that something happened meanwhile."""
        self.events = self.events or []
        if len(self.events) < EVENTS_MOST:
            self.events.append((timestamp or time_ns(), name, dict(attributes or {})))

    def add_link(self, context: SpanContext, attributes: Any = None) -> None:  # noqa: ARG002  (the API's signature)
        """Note another trace that this one has to do with."""
        self.links = self.links or []
        if context.is_valid and len(self.links) < LINKS_MOST:
            self.links.append(context)

    def update_name(self, name: str) -> None:
        """Call it otherwise."""
        self.name = name

    def is_recording(self) -> bool:
        """Return whether anything may still be noted."""
        return not self.end_ns

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:  # noqa: ARG002  (the API's)
        """Note whether it failed. What was said of it is not kept: it may be somebody's words."""
        code = status.status_code if isinstance(status, Status) else status
        self.is_error = code is StatusCode.ERROR

    def record_exception(
        self,
        exception: BaseException,
        attributes: Any = None,  # noqa: ARG002  (the API's signature)
        timestamp: int | None = None,
        escaped: bool = False,  # noqa: ARG002, FBT001, FBT002  (the same)
    ) -> None:
        """Note an error by its kind and where it was raised, without its text."""
        frames = traceback.extract_tb(exception.__traceback__)[-FRAMES:]
        where = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[::-1])
        details = {"exception.type": type(exception).__qualname__, "exception.where": where}
        self.add_event("exception", details, timestamp)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self.fail(error)
        self.end()

    def fail(self, error: BaseException) -> None:
        """Note that it failed with an error."""
        self.is_error = True
        self.record_exception(error)


class Root(Span):
    """A segment's first span where no request is: its end is the segment's."""

    __slots__ = ("_finish",)

    def __init__(self, trace: Trace, name: str, *, finish: Any, **options: Any) -> None:
        super().__init__(trace, name, **options)
        self._finish = finish

    def end(self, end_time: int | None = None) -> None:
        """End it, and with it the segment."""
        if not self.end_ns:
            self.end_ns = end_time or time_ns()
            self._finish(self)
