"""Which traces are kept: a tenth by chance, all that are slow, all that fail, and those that a trusted caller wants."""

import sqlite3
from contextlib import closing
from typing import Any

from tests.servers.collector import Collector
from tests.servers.deadline import eventually
from tests.soak import length
from tests.stack.monitoring.visitor import TOKEN, Visitor, new_trace

REQUESTS = length(4_000, short=400)


def rows(visitor: Visitor, column: str, where: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(visitor.site.data_dir / "perfsite.sqlite3", timeout=10)) as database:
        found = database.execute(f"SELECT {column} FROM monitoring_tracesegment WHERE {where}", values)
        return [row[0] for row in found]


def why(visitor: Visitor, trace_id: str) -> str:
    return str(eventually(lambda: rows(visitor, "why", "trace_id = ?", trace_id), what="the kept trace")[0])


def test_a_tenth_is_kept_by_chance_and_the_answers_tell_which(watched: Visitor, collector: Collector) -> None:
    answers = [watched.ask("GET", "/trial/fine/", traceparent=new_trace(is_chosen=True)) for _ in range(REQUESTS)]
    chosen = {answer.trace_id for answer in answers if answer.headers["traceparent"].endswith("-01")}
    spread = 5 * (REQUESTS * 0.1 * 0.9) ** 0.5
    assert abs(len(chosen) - REQUESTS / 10) < spread
    eventually(lambda: chosen <= set(rows(watched, "trace_id", "why = 'sampled'")), what="the chosen in the database")
    collector.until(lambda found: chosen <= {span.trace_id for span in found})
    others = {answer.trace_id for answer in answers} - chosen
    assert not others & set(rows(watched, "trace_id", "why = 'sampled'"))


def test_a_trace_id_is_chosen_by_all_or_by_none(watched: Visitor) -> None:
    same = new_trace(is_chosen=False)
    flags = {watched.ask("GET", "/trial/fine/", traceparent=same).headers["traceparent"][-2:] for _ in range(10)}
    assert len(flags) == 1


def test_a_trusted_caller_has_its_trace_kept(watched: Visitor) -> None:
    wanted = [new_trace(is_chosen=True) for _ in range(5)]
    for one in wanted:
        watched.ask("GET", "/trial/fine/", traceparent=one, Authorization=f"Bearer {TOKEN}")
    assert {why(watched, one.split("-")[1]) for one in wanted} == {"sampled"}


def test_what_is_slow_is_kept_whatever_chance_says(watched: Visitor) -> None:
    answers = [watched.ask("GET", "/trial/slow/") for _ in range(2)]
    assert {why(watched, answer.trace_id) for answer in answers} == {"slow"}


def test_what_fails_is_kept_whatever_chance_says(watched: Visitor, collector: Collector) -> None:
    answer = watched.ask("POST", "/trial/fail/word/?mail=a@b.example", b"body")
    assert answer.status == 500
    assert why(watched, answer.trace_id) == "failed"
    spans = collector.until(len, answer.trace_id)
    root = next(span for span in spans if span.kind == 2)
    assert root.is_error
    assert "ValueError" in root.details["exception.type"]


def test_a_stream_ends_its_span_when_it_ends(watched: Visitor) -> None:
    answer = watched.ask("GET", "/trial/trickle/")
    assert answer.body == b"onetwo"
    assert why(watched, answer.trace_id) == "slow"
    assert rows(watched, "seconds", "trace_id = ?", answer.trace_id)[0] >= 0.6
