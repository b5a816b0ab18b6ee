"""The database is stopped under a running site: everybody is told to come again."""

import http.client
import json
import signal
from pathlib import Path

from tests.servers.postgres import running_postgres
from tests.servers.site import Site, running_site
from tests.stack.live.people import CSRF, called, people


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


def test_without_the_database_api_and_pages_say_when_to_come_again(tmp_path: Path) -> None:
    with (
        running_postgres() as postgres,
        running_site(tmp_path / "site", DATABASE_URL=postgres.url(), DATABASE_TIMEOUT="300") as site,
    ):
        crowd = people(site, "ann")
        cookies = crowd.cookies("ann")
        assert called(site, cookies, "GET", "/conversations")[0] == 200
        postgres.process.stop(signal.SIGQUIT)
        for method, path in (("GET", "/api/conversations"), ("POST", "/api/conversations"), ("GET", "/")):
            status, retry_after, kind, body = asked(site, cookies, method, path)
            assert (status, retry_after) == (503, "2")
            assert kind == ("application/problem+json" if path.startswith("/api") else "text/html")
            assert b"The database does not answer." in body
