"""Requests: which route, what came of it, how long it took, and whether memory answered."""

from collections import defaultdict
from itertools import product
from time import perf_counter

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.histogram import Histogram
from apps.monitoring.measuring.metric import counter, distribution, gauge
from apps.monitoring.policy.recorders import REQUESTS
from apps.monitoring.recorders.recorder import Recorder
from apps.monitoring.routes import route_of
from apps.monitoring.visit import CLIENT_GONE, PRICED, Visit

DURATION = distribution(
    "http_request_duration_seconds",
    "From the request's head to the answer's last byte handed to the server.",
    "method", "route", "status_code",
)  # fmt: skip
ANSWERS = distribution(
    "http_answer_duration_seconds",
    "The same of all that was answered, by what made the answer and whether the server failed: what is promised.",
    "source", "outcome",
)  # fmt: skip
BYTES = counter("http_response_bytes_total", "Bytes of answers' bodies.", "route")
LEVELS = counter("http_requests_total", "Requests by what answered: a level of the cache, or Django.", "route", "level")
PRICE = distribution(
    "telemetry_request_seconds",
    "What a request spends on being watched, answered from memory or by Django: one in 64 is timed.",
    "answered_by", is_exported=False,
)  # fmt: skip
IN_FLIGHT = gauge("http_requests_in_flight", "Requests that are being served.")
DJANGO = "none"
CACHE, APPLICATION = SOURCES = ("cache", "application")
OK, FAILED = OUTCOMES = ("ok", "failed")
FAILURE = 500
MEMORY = "memory"
Group = tuple[str, str, int, str]  # method, route, status, level
# Of a request: method, path, route where it is known, status, level; seconds, bytes, when; a trace that is kept; a
# price that was taken. A plain tuple of what has no parts: the collector of garbage looks at it once, where visits
# by the thousand, with their traces, cost each request more than all the rest of watching.
Sample = tuple[str, str, str, int, str, float, int, float, str, float | None]


class RequestRecorder(Recorder[Sample]):
    """Told by the edge of every request it has served."""

    name = "requests"
    policy = REQUESTS

    def __init__(self) -> None:
        super().__init__()
        self.in_flight = 0

    def note(self, visit: Visit) -> None:
        """Take a request that is over, with what watching it has cost so far."""
        price = visit.price
        if price is not None:
            price += perf_counter() - visit.ended
        what = visit.method, visit.path, visit.route, visit.status, visit.level
        trace_id = visit.trace.id if visit.is_kept else ""
        self.take((*what, visit.ended - visit.began, visit.size, visit.at, trace_id, price))

    def fold(self, board: Board, samples: list[Sample]) -> None:
        """Count the requests, by route and never by path. Equal ones are counted together: it is half the work."""
        ignored = tuple(self.rules.ignore.split())
        groups: defaultdict[Group, list[Sample]] = defaultdict(list)
        routes: dict[str, str] = {}
        for sample in samples:
            method, path, known, status, level = sample[:5]
            if not path.startswith(ignored):
                route = known or routes.get(path) or routes.setdefault(path, route_of(path))
                groups[method, route, status, level].append(sample)
        for group, equal in groups.items():
            self._count(board, group, equal)

    def _count(self, board: Board, group: Group, samples: list[Sample]) -> None:
        method, route, status, level = group
        grown, labels = Histogram(), (method, route, str(status))
        grown.observe_all([seconds for _, _, _, _, _, seconds, _, _, _, _ in samples])
        board.histogram(DURATION, labels).merge(grown)
        if status != CLIENT_GONE:
            board.histogram(ANSWERS, (source_of(level), outcome_of(status))).merge(grown)
        board.add(LEVELS, (route, level or DJANGO), len(samples))
        board.add(BYTES, (route,), sum([size for _, _, _, _, _, _, size, _, _, _ in samples]))
        for _, _, known, _, _, seconds, _, at, trace_id, price in samples:
            if trace_id:
                board.exemplify(DURATION, labels, trace_id, seconds, at)
            if price is not None:
                self._spend(board, MEMORY if level and not known else APPLICATION, price)

    def _spend(self, board: Board, answered_by: str, seconds: float) -> None:
        """Take note of what one request spent, which stands for others."""
        board.observe(PRICE, (answered_by,), seconds, PRICED)
        self.spent_seconds += seconds * PRICED

    def read(self, board: Board) -> None:
        """Tell how many are being served. The first failure is growth from 0, not a series that begins."""
        board.put(IN_FLIGHT, (), self.in_flight)
        for labels in product(SOURCES, OUTCOMES):
            board.histogram(ANSWERS, labels)


def source_of(level: str) -> str:
    """Return what made the answer."""
    return CACHE if level else APPLICATION


def outcome_of(status: int) -> str:
    """Return whether the server failed."""
    return FAILED if status >= FAILURE else OK
