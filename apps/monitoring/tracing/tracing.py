"""Tracing as a part of a process: begins and ends with it."""

from typing import Any

from django.conf import settings

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import counter
from apps.monitoring.policy.traces import TRACES
from apps.monitoring.recorders.recorder import Recorder
from apps.monitoring.tracing.django import ChosenInstrumentor
from apps.monitoring.tracing.export import TraceExporter
from apps.monitoring.tracing.keeping import Keeping
from apps.monitoring.tracing.requests import RequestTraces
from apps.monitoring.tracing.sampling import Sampler
from apps.monitoring.tracing.tasks import Tasks
from apps.monitoring.tracing.tracer import PROVIDER
from apps.monitoring.tracing.writer import TraceWriter

KEPT = counter("traces_kept_total", "Traces that were kept, by what for.", "why")
SENT = counter("otlp_spans_sent_total", "Spans that the collector took.")


class Tracing:
    """The provider of spans, who keeps them, and who stores and sends what is kept."""

    def __init__(self, process: str) -> None:
        self.writer = TraceWriter(process)
        self.exporter = TraceExporter(process) if settings.OTLP else None
        takers = [taker for taker in (self.writer, self.exporter) if taker is not None]
        self.keeping = Keeping(*(taker.backlog for taker in takers))
        self._sampler = Sampler()
        self.requests = RequestTraces(self._sampler, self.keeping)
        self.recorder = TraceRecorder(self)
        self._takers = takers
        self._tasks = Tasks()

    def start(self) -> None:
        """Begin: what uses the OpenTelemetry API makes spans of ours from now on. Does not block."""
        PROVIDER.begin(self._sampler, self.keeping)
        ChosenInstrumentor().instrument(tracer_provider=PROVIDER)
        self._tasks.start(PROVIDER)
        for taker in self._takers:
            taker.start()

    def stop(self) -> None:
        """Store and send what is left; blocks for five seconds at most."""
        self._tasks.stop()
        ChosenInstrumentor().uninstrument()
        PROVIDER.end()
        for taker in self._takers:
            taker.stop()


class TraceRecorder(Recorder[Any]):
    """Tells how many traces were kept, and how many spans could not be."""

    name = "spans"
    policy = TRACES

    def __init__(self, tracing: Tracing) -> None:
        super().__init__()
        self._tracing = tracing

    def read(self, board: Board) -> None:
        """Tell them."""
        keeping, exporter = self._tracing.keeping, self._tracing.exporter
        for why, number in list(keeping.kept.items()):
            board.put(KEPT, (str(why),), number)
        if exporter is not None:
            board.put(SENT, (), exporter.sent)
        self.dropped = keeping.dropped()
