"""A process that traces, without a server around it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.trace import Tracer, get_tracer

from apps.monitoring.policy.traces import TRACES, TracesPolicy
from apps.monitoring.tracing.backlog import Backlog
from apps.monitoring.tracing.keeping import Keeping, Kept
from apps.monitoring.tracing.requests import RequestTraces
from apps.monitoring.tracing.sampling import Sampler
from apps.monitoring.tracing.tracer import PROVIDER
from apps.monitoring.visit import Visit, current


class Process:
    """What traces in a process; `kept` are the segments it kept."""

    def __init__(self) -> None:
        self.backlog = Backlog()
        self.keeping, self.sampler = Keeping(self.backlog), Sampler()
        self.requests = RequestTraces(self.sampler, self.keeping)
        self.tracer: Tracer = get_tracer("tests")

    @property
    def kept(self) -> list[Kept]:
        """Take what was kept."""
        return self.backlog.take(0, 100_000) or []

    def begin(self, path: str = "/api/conversations", **headers: str) -> Visit:
        """Begin a request, as the edge does."""
        visit = Visit(method="GET", path=path, request_id="0f" * 16, began=0.0, at=1_700_000_000.0)
        named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
        self.requests.begin(visit, named)
        current.set(visit)
        return visit

    def end(self, visit: Visit, *, status: int = 200, seconds: float = 0.01, error: Exception | None = None) -> None:
        """End it."""
        visit.status, visit.ended, visit.error = status, visit.began + seconds, error
        self.requests.end(visit)


@pytest.fixture
def turn(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Turn the policy's knobs for a test."""

    def turned(**values: Any) -> None:
        monkeypatch.setattr(TRACES, "current", TracesPolicy(**values))

    return turned


@pytest.fixture
def process(turn: Callable[..., None]) -> Iterator[Process]:
    """A process in which chance chooses all."""
    turn(sample_percent=100, kept_per_second=10_000)
    made = Process()
    PROVIDER.begin(made.sampler, made.keeping)
    token = current.set(None)
    try:
        yield made
    finally:
        current.reset(token)
        PROVIDER.end()
