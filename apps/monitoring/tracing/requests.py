"""The trace of a request: begun by the edge with what its head says, ended when the answer is."""

from collections.abc import Mapping
from random import getrandbits
from time import time_ns

from apps.monitoring.policy.traces import TRACES
from apps.monitoring.tracing.header import Caller, caller_of
from apps.monitoring.tracing.keeping import Keeping, why_kept
from apps.monitoring.tracing.sampling import Sampler
from apps.monitoring.tracing.trace import Trace
from apps.monitoring.visit import Visit

FAILURE = 500
ID_CHARACTERS = 32
HEXADECIMAL = frozenset("0123456789abcdef")


class RequestTraces:
    """A request goes on with its caller's trace; else its id is its trace's as well, where it is fit to be one."""

    def __init__(self, sampler: Sampler, keeping: Keeping) -> None:
        self._sampler, self._keeping = sampler, keeping

    def begin(self, visit: Visit, headers: Mapping[bytes, bytes]) -> None:
        """Give the visit its trace, unless there are none."""
        if not TRACES.current.is_enabled:
            return
        given = headers.get(b"traceparent")
        caller = None if given is None else caller_of(given)
        if caller is not None:
            visit.trace = self._continued(visit, caller, headers)
            return
        name = visit.request_id
        if b"x-request-id" in headers:  # else it is made by the edge, and of the right form
            name = fit(name)
        is_chosen = self._sampler.chooses(name, visit.path)
        visit.trace = Trace(name, 0, is_chosen=is_chosen, request_id=visit.request_id)

    def end(self, visit: Visit) -> None:
        """Keep the trace or forget it."""
        trace = visit.trace
        if trace is None:
            return
        trace.close(time_ns())
        is_error = visit.status >= FAILURE  # an error that Django turns into 404 or 403 is none of the site's
        why = why_kept(trace, visit.ended - visit.began, is_error=is_error)
        if why and not self._sampler.is_ignored(visit.path):
            self._keeping.keep_request(visit, why, is_error=is_error)
        else:
            trace.spans = None  # the visit lives on until it is counted

    def _continued(self, visit: Visit, caller: Caller, headers: Mapping[bytes, bytes]) -> Trace:
        is_chosen = caller.is_flagged and self._sampler.is_trusted(headers.get(b"authorization", b""))
        is_chosen = is_chosen or self._sampler.chooses(caller.trace_id, visit.path)
        return Trace(caller.trace_id, caller.span_id, is_chosen=is_chosen, request_id=visit.request_id)


def fit(request_id: str) -> str:
    """Return a trace's id: the request's own where it has the form, else a new one."""
    if len(request_id) == ID_CHARACTERS and HEXADECIMAL.issuperset(request_id) and request_id.strip("0"):
        return request_id
    return f"{getrandbits(128) or 1:032x}"
