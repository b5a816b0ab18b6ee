"""Statements to the database: how long each took, what it did and where, and which requests ask row by row."""

from collections import Counter
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from django.db import connections
from django.db.backends.signals import connection_created

from apps.monitoring.archive.statement import Statement, Statements
from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.histogram import Histogram
from apps.monitoring.measuring.metric import counter, distribution
from apps.monitoring.policy.recorder import ALL
from apps.monitoring.policy.recorders import QUERIES
from apps.monitoring.recorders.recorder import Recorder
from apps.monitoring.routes import route_of
from apps.monitoring.tracing import spans
from apps.monitoring.tracing.place import here
from apps.monitoring.visit import Visit, current

DURATION = distribution(
    "database_query_duration_seconds", "Statements to the database, by what they do and where.", "operation", "table",
    bounds=(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)  # fmt: skip
ROWS = counter("database_rows_total", "Rows read or written, where the database tells.", "operation", "table")
STATEMENT = distribution("statement_duration_seconds", "Statements by digest.", "digest", is_exported=False)
SLOW = counter("statement_slow_total", "Statements that were slow, by digest.", "digest", is_exported=False)
REPEATS = distribution(
    "statement_repeats", "How often one request sent the same statement, where that was suspiciously often.",
    "route", "digest", is_exported=False,
)  # fmt: skip
# One statement as it was sent, or its text where that is not known yet; its seconds, for how many it counts, its rows.
Query = tuple[Statement | str, float, int, int, Visit | None]
VISITS = 4_096  # requests whose statements are counted until they are over


class QueryRecorder(Recorder[Query]):
    """Wraps the execution of every statement on every connection of Django: the innermost wrapper, which costs 2 µs."""

    name = "queries"
    policy = QUERIES
    limit = 20_000

    def __init__(self, keep: Callable[[Statement], None]) -> None:
        super().__init__()
        self._statements = Statements(keep)
        self._texts = self._statements.texts
        self._visits: dict[Visit, Counter[str]] = {}
        self._is_listening = False

    def listen(self) -> None:
        """Begin to hear, on the connections of this thread and on all that are made from now on."""
        self._is_listening = True
        connection_created.connect(self._wrap)
        for connection in connections.all(initialized_only=True):
            self._wrap(connection=connection)

    def deafen(self) -> None:
        """Hear no more; what is wrapped stays so, and is quiet."""
        self._is_listening = False
        connection_created.disconnect(self._wrap)

    def fold(self, board: Board, samples: list[Query]) -> None:
        """Count the statements."""
        rules = self.rules
        for statement, queries in self._sorted(samples):
            if not rules.is_ignored(statement.table):
                _count(board, statement, queries, slow_seconds=rules.slow_seconds)
                self._count_visits(statement.digest, queries)

    def read(self, board: Board) -> None:
        """Look at the requests that are over: whether they sent one statement again and again."""
        repeats = self.rules.repeats
        for visit in [visit for visit in self._visits if visit.ended]:
            digests = self._visits.pop(visit)
            for digest, times in digests.items():
                if times >= repeats:
                    board.observe(REPEATS, (visit.route or route_of(visit.path), digest), times)

    def _sorted(self, samples: list[Query]) -> Iterable[tuple[Statement, list[Query]]]:
        """Return the samples by what they are of."""
        found: dict[str, tuple[Statement, list[Query]]] = {}
        for query in samples:
            statement = query[0] if isinstance(query[0], Statement) else self._statements.of(query[0])
            group = found.get(statement.digest)
            if group is None:
                group = found[statement.digest] = statement, []
            group[1].append(query)
        return found.values()

    def _count_visits(self, digest: str, queries: list[Query]) -> None:
        visits = self._visits
        for *_, visit in queries:
            if visit is not None and (visit in visits or len(visits) < VISITS):
                visits.setdefault(visit, Counter())[digest] += 1

    def _wrap(self, *, connection: Any, **_: Any) -> None:
        if self._run not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._run)

    def _run(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        times = self._times()
        if not times and here() is None:
            return execute(sql, params, many, context)
        began, error = perf_counter(), None
        try:
            return execute(sql, params, many, context)
        except Exception as caught:  # raised again: the recorder only notes it
            error = caught
            raise
        finally:
            self._note(sql if type(sql) is str else "", perf_counter() - began, times, context, error)

    def _times(self) -> int:
        """Return for how many statements the next one counts; 0 where it is not recorded."""
        rules = self.policy.current
        if not (self._is_listening and rules.is_enabled):
            return 0
        return 1 if rules.sample_percent >= ALL else rules.times()

    def _note(self, text: str, seconds: float, times: int, context: Any, error: Exception | None) -> None:
        """Keep a statement that was executed, and put it into the trace under way."""
        ended, visit = perf_counter(), current.get()
        rows = context["cursor"].cursor.rowcount
        if times:
            self.take((self._texts.get(text, text), seconds, times, rows, visit))
        spans.query(text, seconds, system=context["connection"].vendor, rows=rows, error=error)
        if visit is not None and visit.price is not None:
            visit.price += perf_counter() - ended


def _count(board: Board, statement: Statement, queries: list[Query], *, slow_seconds: float) -> None:
    durations, rows, slow = Histogram(), 0, 0
    for _, seconds, times, number, _ in queries:
        durations.observe(seconds, times)
        rows += max(0, number) * times
        slow += times * (seconds >= slow_seconds)
    labels = statement.operation, statement.table
    board.histogram(DURATION, labels).merge(durations)
    board.histogram(STATEMENT, (statement.digest,)).merge(durations)
    board.add(ROWS, labels, rows)
    board.add(SLOW, (statement.digest,), slow)
