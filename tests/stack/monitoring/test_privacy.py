"""Secrets sent everywhere, and searched for in everything that watching leaves behind."""

import base64
import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from websockets.sync.client import connect

from tests.servers.collector import Collector
from tests.servers.deadline import eventually
from tests.stack.monitoring.visitor import TOKEN, Visitor, new_trace

TRUSTED = {"Authorization": f"Bearer {TOKEN}"}


def word() -> str:
    return "zq" + secrets.token_hex(5) + "xj"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What no output may have, by where it was put."""

    secrets: dict[str, str]
    trace_ids: tuple[str, ...]


def send(visitor: Visitor) -> Sent:
    """Put a secret into everything a stranger can fill."""
    hidden = {
        name: word()
        for name in ("path", "missing", "query", "header", "cookie", "body", "message", "password", "bearer", "frame")
    }
    hidden |= {"mail": f"{word()}@mail.example", "key": "sk-" + secrets.token_hex(12)}
    hidden |= {"address": "203.0.113.77", "long_address": "2001:db8:77:88:99::1"}
    given = (
        f"password={hidden['password']} Authorization: Bearer {hidden['bearer']} {hidden['mail']} {hidden['key']} "
        f"{hidden['address']} and {hidden['long_address']}"
    )
    session = visitor.crowd.sessions[visitor.name]
    mail, where = quote(hidden["mail"]), visitor.crowd.conversations[0]
    cookies = {"Cookie": f"{visitor.crowd.cookies(visitor.name)}; taste={hidden['cookie']}"}
    headers = {
        "X_Where": hidden["address"],
        "User_Agent": hidden["header"],
        "Referer": f"http://x/?q={hidden['header']}",
    }
    query = f"?mail={mail}&q={hidden['query']}"
    answers = [
        visitor.ask("POST", f"/trial/fail/{hidden['path']}/{query}", hidden["body"].encode(), **headers, **cookies),
        visitor.ask(
            "POST", f"/trial/talk/{query}", given.encode(), traceparent=new_trace(is_chosen=True), **headers, **TRUSTED
        ),
        visitor.ask("GET", f"/{hidden['missing']}{query}", traceparent=new_trace(is_chosen=True), **headers, **TRUSTED),
        visitor.call("POST", f"/conversations/{where}/messages", {"text": f"{hidden['message']} {given}"}),
        visitor.call("GET", f"/search?q={hidden['query']}", traceparent=new_trace(is_chosen=True), **TRUSTED),
    ]
    assert [answer.status for answer in answers] == [500, 200, 404, 201, 200]
    pages = (visitor.ask("GET", "/trial/fine/") for _ in range(500))
    page = next(answer for answer in pages if answer.headers["traceparent"].endswith("-01"))
    speak(visitor, where, hidden["frame"], page.page_trace)
    trace_ids = tuple(answer.trace_id for answer in (*answers[:3], page))
    return Sent(secrets={**hidden, "session": session, "token": TOKEN}, trace_ids=trace_ids)


def speak(visitor: Visitor, where: int, text: str, traceparent: str) -> None:
    """Say it over a socket, once rightly and once with a field too many."""
    cookies = {"Cookie": visitor.crowd.cookies(visitor.name)}
    with connect(f"ws://127.0.0.1:{visitor.site.port}/ws/chat/", additional_headers=cookies) as socket:
        message = {"type": "message", "conversation": where, "text": text, "traceparent": traceparent}
        for frame in (message, {**message, text: 1}, {"type": "message", "conversation": text, "text": text}):
            socket.send(json.dumps(frame))
        heard = [json.loads(socket.recv(timeout=20)) for _ in range(3)]
    assert {one["type"] for one in heard} <= {"ack", "error", "conversation", "message", "hello", "welcome"}


@pytest.fixture(scope="module")
def sent(watched: Visitor, collector: Collector) -> Sent:
    """Everything is sent, and has been told of."""
    sent = send(watched)
    collector.until(lambda found: set(sent.trace_ids) <= {span.trace_id for span in found})
    eventually(lambda: "raised unexpected" in log(watched), what="the task's failure in the log")
    eventually(lambda: set(sent.trace_ids) <= set(stored(watched)), what="the traces in the database")
    return sent


def log(visitor: Visitor) -> str:
    return (visitor.site.data_dir / "serve.log").read_text()


def stored(visitor: Visitor) -> list[str]:
    with closing(sqlite3.connect(visitor.site.data_dir / "perfsite.sqlite3", timeout=10)) as database:
        return [row[0] for row in database.execute("SELECT trace_id FROM monitoring_tracesegment")]


def tables(visitor: Visitor) -> Iterator[bytes]:
    """Yield every value of every table of watching."""
    with closing(sqlite3.connect(visitor.site.data_dir / "perfsite.sqlite3", timeout=10)) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            for row in database.execute(f'SELECT * FROM "{name}"') if name.startswith("monitoring_") else ():
                yield b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in row)


def found_in(data: bytes, hidden: dict[str, str]) -> set[str]:
    """Return the names of the secrets that the data has, plain or in base64."""
    return {name for name, one in hidden.items() if one.encode() in data or base64.b64encode(one.encode())[:-3] in data}


def test_no_log_line_has_a_secret(watched: Visitor, sent: Sent) -> None:
    assert found_in(log(watched).encode(), sent.secrets) == set()


def test_no_span_that_left_the_site_has_a_secret(collector: Collector, sent: Sent) -> None:
    data = b"\n".join(data for _, data in collector.data)
    assert b"talk" in data
    assert found_in(data, sent.secrets) == set()


def test_no_table_of_watching_has_a_secret(watched: Visitor, sent: Sent) -> None:
    data = b"\n".join(tables(watched))
    assert b"trial/talk/" in data
    assert found_in(data, sent.secrets) == set()


def test_metrics_have_no_secret(watched: Visitor, sent: Sent) -> None:
    def told() -> bytes:
        return watched.ask("GET", "/metrics", **TRUSTED).body

    eventually(lambda: b'route="trial/fail/<str:word>/"' in told(), what="the failed request in the metrics")
    assert found_in(told(), sent.secrets) == set()


def test_lines_name_request_trace_account_and_route(watched: Visitor, sent: Sent) -> None:
    lines = [json.loads(line) for line in log(watched).splitlines() if line.startswith("{")]
    failed = next(line for line in lines if line.get("trace_id") == sent.trace_ids[0])
    assert failed["event"] == "Internal Server Error: /trial/fail/<str:word>/"
    assert failed["route"] == "trial/fail/<str:word>/"
    assert failed["request_id"]
    assert "ValueError: cannot take '…'" in failed["exception"]
    assert any(line.get("user_id") == watched.crowd.users["ann"] for line in lines)
    task = next(line for line in lines if "raised unexpected" in line["event"])
    assert (task["trace_id"], task["work"]) == (sent.trace_ids[1], "run/tests.repeat")
    talked = next(line for line in lines if line.get("route") == "trial/talk/")
    assert task["request_id"] == talked["request_id"]


def test_a_message_over_the_socket_is_a_short_trace_linked_to_the_page(collector: Collector, sent: Sent) -> None:
    spans = collector.until(lambda found: any(span.name.startswith("socket ") for span in found))
    assert any(sent.trace_ids[3] in span.links for span in spans if span.name == "socket message")
