"""Connections go back to the pool, whatever the client does."""

import json
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from tests.edge.wire import Wire
from tests.servers.deadline import eventually
from tests.servers.site import Site

LIMIT = 4


def fetched(site: Site, path: str) -> Any:
    with urllib.request.urlopen(f"{site.url}{path}", timeout=30) as answer:
        return json.loads(answer.read())


def leave_midway(site: Site, path: str) -> None:
    with Wire(site.port) as wire:
        wire.request(f"GET {path} HTTP/1.1")
        if path == "/stream/rows":
            wire.exactly(100_000)


def test_no_connection_is_lost_to_answers_disconnects_deadlines_and_errors(
    migrated_url: str, site: Callable[..., Site]
) -> None:
    running = site(
        DJANGO_SETTINGS_MODULE="tests.edge.settings",
        DATABASE_URL=migrated_url,
        DATABASE_CONNECTION_LIMIT=str(LIMIT),
        REQUEST_TIMEOUT_SECONDS="1",
        migrate=False,
    )
    with ThreadPoolExecutor(8) as browsers:
        answers = [browsers.submit(fetched, running, "/query") for _ in range(100)]
        left = [browsers.submit(leave_midway, running, path) for path in ["/stream/rows", "/query", "/query/exit"] * 10]
        assert all(answer.result() == {"one": 1} for answer in answers)
        assert all(one.result() is None for one in left)

    def is_whole() -> bool:
        pool = fetched(running, "/report")["pool"]
        return pool["pool_available"] == pool["pool_size"] and not pool.get("requests_waiting")

    eventually(is_whole, what="every connection's return to the pool")
    assert fetched(running, "/report")["pool"]["pool_size"] <= LIMIT
    assert open_connections(migrated_url) <= LIMIT


def open_connections(url: str) -> int:
    """Count the server's connections to the database, besides our own."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert row
    return int(row[0])
