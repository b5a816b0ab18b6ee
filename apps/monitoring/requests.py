"""What the edge tells of requests, and the wish of Django's side to add to it."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.monitoring.recorders.requests import RequestRecorder
from apps.monitoring.tracing.requests import RequestTraces
from apps.monitoring.visit import CLIENT_GONE, PRICED, Visit, current

logger = logging.getLogger(__name__)


class RequestObserver:
    """Made once for the server: begins a visit with every request, and hands it to its recorder at the end."""

    def __init__(self, recorder: RequestRecorder, traces: RequestTraces) -> None:
        self._recorder, self._traces, self._until_priced = recorder, traces, PRICED

    def begin(self, scope: Any, request_id: str, headers: Mapping[bytes, bytes]) -> Visit:
        """Return the visit of a request that comes in; it is the current one from now on."""
        began = time.perf_counter()
        visit = Visit(method=scope["method"], path=scope["path"], request_id=request_id, began=began, at=time.time())
        current.set(visit)
        try:
            self._traces.begin(visit, headers)
        except Exception:  # the request goes on without a trace, which is counted
            self._recorder.dropped += 1
            logger.exception("A request cannot be traced")
        self._recorder.in_flight += 1
        self._until_priced -= 1
        if not self._until_priced:
            self._until_priced, visit.price = PRICED, time.perf_counter() - began
        return visit

    def end(self, visit: Visit) -> None:
        """Take note of a request that is over, whichever way."""
        visit.ended = time.perf_counter()
        visit.status = visit.status or CLIENT_GONE
        self._recorder.in_flight -= 1
        try:
            self._traces.end(visit)
        except Exception:  # the trace is lost, which is counted; the request has been answered
            self._recorder.dropped += 1
            logger.exception("A trace cannot be ended")
        if self._recorder.rules.is_enabled:
            self._recorder.note(visit)


class VisitMiddleware:
    """Tells the visit what only Django knows: the route, the account, and what went wrong."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request."""
        visit = current.get()
        if visit is None:
            return self._get_response(request)
        visit.asked = request
        try:
            return self._get_response(request)
        finally:
            answered = time.perf_counter()
            match = request.resolver_match
            visit.route = match.route if match else ""
            visit.user_id, visit.asked = visit.account(), None
            if visit.price is not None:
                visit.price += time.perf_counter() - answered

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Note the route before the view is called: what it logs carries it."""
        visit = current.get()
        if visit is not None and request.resolver_match is not None:
            visit.route = request.resolver_match.route

    def process_exception(self, _request: HttpRequest, error: Exception) -> None:
        """Note what a view did not catch; Django answers as ever."""
        visit = current.get()
        if visit is not None:
            visit.error = error
