"""OpenTelemetry's tracer over our traces: what speaks its API, the instrumentation packages too, works unchanged.

A segment begins with a span of kind SERVER or CONSUMER. Any other span belongs to a segment that is under way in this
context; where there is none it records nothing, and only passes on whose child it would have been.
"""

from collections.abc import Sequence
from random import getrandbits
from time import time_ns
from types import TracebackType
from typing import Any

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Tracer,
    TracerProvider,
    get_current_span,
    get_tracer_provider,
    set_span_in_context,
    set_tracer_provider,
)
from opentelemetry.trace import Span as AnySpan

from apps.monitoring.policy.traces import TRACES
from apps.monitoring.tracing.keeping import Keeping
from apps.monitoring.tracing.sampling import Sampler
from apps.monitoring.tracing.span import Root, Span
from apps.monitoring.tracing.trace import Trace, WorkTrace
from apps.monitoring.visit import Visit, current

ENTRIES = (SpanKind.SERVER, SpanKind.CONSUMER)


class LightTracer(Tracer):
    """One for all libraries: which of them made a span is told by its name."""

    sampler: Sampler | None = None
    keeping: Keeping | None = None

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Any = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,  # noqa: ARG002, FBT001, FBT002  (the API's signature)
        set_status_on_exception: bool = True,  # noqa: ARG002, FBT001, FBT002  (the same)
    ) -> AnySpan:
        """Return a span, under way."""
        parent = get_current_span(context)
        visit = current.get() if parent is INVALID_SPAN and context is None else None
        if kind in ENTRIES:
            span = self._entered(name, _of_request(visit) or parent, kind, start_time, links)
        elif visit is not None and visit.trace is not None:
            span = _below(visit.trace, visit.trace.root_id, name, kind, start_time)
        elif isinstance(parent, Span):
            span = _below(parent.trace, parent.id, name, kind, start_time)
        else:
            return parent if parent is INVALID_SPAN else NonRecordingSpan(parent.get_span_context())
        if attributes:
            span.set_attributes(attributes)
        for link in links or ():
            span.add_link(link.context)
        return span

    def start_as_current_span(  # type: ignore[override]  # the API's own makes decorators as well
        self, name: str, *arguments: Any, **options: Any
    ) -> "Current":
        """Start a span that is the current one within the block, and ends with it."""
        return Current(self.start_span(name, *arguments, **options))

    def _entered(
        self, name: str, parent: AnySpan, kind: SpanKind, start: int | None, links: Sequence[Link] | None
    ) -> AnySpan:
        if self.keeping is None or self.sampler is None or not TRACES.current.is_enabled:
            return NonRecordingSpan(parent.get_span_context())
        trace = begun(parent, self.sampler, links)
        trace.name = name
        return Root(
            trace, name, finish=self.keeping.end_root, span_id=trace.root_id, parent_id=trace.parent_id,
            start=start or time_ns(), kind=kind,
        )  # fmt: skip


class Provider(TracerProvider):
    """Gives everybody the same tracer, which records while tracing runs: the API takes one provider for good."""

    def __init__(self) -> None:
        self._tracer = LightTracer()

    def get_tracer(self, *_: Any, **__: Any) -> Tracer:
        """Return it, whoever asks."""
        return self._tracer

    def begin(self, sampler: Sampler, keeping: Keeping) -> None:
        """Record from now on."""
        self._tracer.sampler, self._tracer.keeping = sampler, keeping
        if get_tracer_provider() is not self:
            set_tracer_provider(self)

    def end(self) -> None:
        """Record no more."""
        self._tracer.keeping = None


PROVIDER = Provider()


def begun(parent: AnySpan, sampler: Sampler, links: Sequence[Link] | None) -> WorkTrace:
    """Return the trace of a segment that begins: its parent's, or a new one, chosen as what it is linked to."""
    asked: SpanContext = parent.get_span_context()
    if not asked.is_valid:
        trace_id = f"{getrandbits(128) or 1:032x}"
        decisive = f"{links[0].context.trace_id:032x}" if links else trace_id
        return WorkTrace(trace_id, 0, is_chosen=sampler.chooses(decisive))
    trace = WorkTrace(f"{asked.trace_id:032x}", asked.span_id, is_chosen=asked.trace_flags.sampled)
    if isinstance(parent, Span):
        trace.request_id, trace.user_id = parent.trace.request_id, parent.trace.user_id
    return trace


def root_of(trace: Trace, *, start: int) -> Span:
    """Return the first span of a request's segment, for what wants to be its child by the API."""
    return Span(trace, "", span_id=trace.root_id, parent_id=trace.parent_id, start=start, kind=SpanKind.SERVER)


class Current:
    """A span as the current one within a block: without the two generators that the API's own way takes."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: AnySpan) -> None:
        self._span = span
        self._token: Any = None

    def __enter__(self) -> AnySpan:
        if self._span is not INVALID_SPAN:
            self._token = attach(set_span_in_context(self._span))
        return self._span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            detach(self._token)
            self._span.__exit__(kind, error, trace)


def _below(trace: Trace, parent_id: int, name: str, kind: SpanKind, start: int | None) -> AnySpan:
    if trace.ended:
        return NonRecordingSpan(trace.context(parent_id))
    return Span(trace, name, span_id=getrandbits(64) or 1, parent_id=parent_id, start=start or time_ns(), kind=kind)


def _of_request(visit: Visit | None) -> Span | None:
    if visit is None or visit.trace is None:
        return None
    return root_of(visit.trace, start=int(visit.at * 1e9))
