"""Requests to such a site."""

import http.client
import json
from contextlib import closing
from typing import Any

from tests.servers.site import Site
from tests.stack.live.people import CSRF


def asked(site: Site, cookies: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Return the status and the body of an answer, read as JSON where it is."""
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
        headers = {"Cookie": cookies, "X-CSRFToken": CSRF, "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        data = response.read()
    is_json = "json" in response.headers.get("Content-Type", "")
    return response.status, json.loads(data) if is_json else data


def counted(site: Site) -> dict[str, float]:
    """Return what the process has counted, by metric and labels."""
    found: dict[str, float] = asked(site, "", "GET", "/counted")[1]
    return found
