"""Who is told of every request, if anybody is."""

from collections.abc import Mapping
from typing import Any, Protocol

from perfsite.edge.protocol import Scope


class Visit(Protocol):
    """One request while it is served; `began` is of `time.perf_counter`."""

    began: float
    status: int
    size: int
    route: str
    level: str
    trace: Any  # None, or has `traceparent()`: what the answer says of its trace


class Observer(Protocol):
    """Hears when a request begins and when it is over; must not fail or wait."""

    def begin(self, scope: Scope, request_id: str, headers: Mapping[bytes, bytes]) -> Any:
        """Return the request's visit."""

    def end(self, visit: Any) -> None:
        """Take note of it."""
