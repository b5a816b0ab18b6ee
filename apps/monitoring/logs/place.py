"""What each line says of where it was written: request, trace, account, route, or the work that is no request."""

from collections.abc import MutableMapping
from typing import Any

from apps.monitoring.tracing.place import here
from apps.monitoring.visit import current

Event = MutableMapping[str, Any]


def with_place(_logger: Any, _method: str, event: Event) -> Event:
    """Add what is known, as structlog's processors do; outside of a request, a task and the like nothing."""
    place, visit = here(), current.get()
    trace = None if place is None else place[0]
    if visit is not None and visit.trace is trace:
        found: dict[str, Any] = {"request_id": visit.request_id, "user_id": visit.account(), "route": visit.route}
    elif trace is not None:
        found = {"request_id": trace.request_id, "user_id": trace.user_id, "work": trace.name}
    else:
        return event
    if trace is not None:
        found["trace_id"] = trace.id
    event.update({name: value for name, value in found.items() if value not in {None, ""}})
    return event
