"""The database is stopped under a running site: everybody is told to come again."""

import http.client
import json
import signal
import time
from pathlib import Path

import psycopg

from tests.servers.deadline import eventually
from tests.servers.postgres import Postgres, running_postgres
from tests.servers.site import Site, running_site
from tests.stack.live.people import CSRF, people

WANTED = (("GET", "/api/conversations"), ("POST", "/api/conversations"), ("GET", "/"))


def asked(site: Site, cookies: str, method: str, path: str) -> tuple[int, str | None, str, bytes]:
    """Return status, Retry-After, type and body."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    headers = {"Cookie": cookies, "X-CSRFToken": CSRF, "Content-Type": "application/json", "Idempotency-Key": "k"}
    try:
        connection.request(method, path, json.dumps({"title": "x"}) if method == "POST" else None, headers)
        response = connection.getresponse()
        kind = response.headers["Content-Type"].split(";")[0]
        return response.status, response.headers.get("Retry-After"), kind, response.read()
    finally:
        connection.close()


def rows(postgres: Postgres) -> int:
    with psycopg.connect(postgres.url()) as connection:
        found = connection.execute("SELECT count(*) FROM chat_conversation").fetchone()
    return int(found[0]) if found else 0


def test_without_the_database_all_are_told_within_a_second_to_come_again_and_it_heals_by_itself(tmp_path: Path) -> None:
    with running_postgres() as postgres, running_site(tmp_path / "site", DATABASE_URL=postgres.url()) as site:
        crowd = people(site, "ann")
        cookies = crowd.cookies("ann")
        read = "/api/conversations?limit=7"
        assert asked(site, cookies, "GET", read)[0] == 200
        before = rows(postgres)
        postgres.process.stop(signal.SIGQUIT)
        assert asked(site, cookies, "GET", read)[0] == 200, "what was read a moment ago is in memory"
        for method, path in (*WANTED, *WANTED):
            began = time.monotonic()
            status, retry_after, kind, body = asked(site, cookies, method, path)
            assert time.monotonic() - began < 1
            assert (status, retry_after) == (503, "2")
            assert kind == ("application/problem+json" if path.startswith("/api") else "text/html")
            assert b"The database does not answer." in body
        postgres.start_again()
        eventually(lambda: asked(site, cookies, "GET", "/api/conversations")[0] == 200, seconds=5)
        assert rows(postgres) == before, "nothing is half-written"
        assert asked(site, cookies, "POST", "/api/conversations")[0] == 201
