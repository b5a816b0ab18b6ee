"""Somebody with a browser's cookies, for tests against real servers."""

import json
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener


class Visitor:
    """Signs in by the form and keeps what the site sets."""

    def __init__(self, url: str, *, username: str, password: str = "demo") -> None:
        self._url, self._cookies = url, CookieJar()
        self._open = build_opener(HTTPCookieProcessor(self._cookies)).open
        self.get("/admin/login/")
        self.post("/admin/login/?next=/admin/jsi18n/", username=username, password=password)
        assert "sessionid" in {cookie.name for cookie in self._cookies}, "signing in failed"

    def get(self, path: str) -> bytes:
        """Return what a page answers; raises HTTPError for errors."""
        with self._open(self._url + path, timeout=30) as answer:
            return bytes(answer.read())

    def json(self, path: str) -> Any:
        """Return what the API answers."""
        return json.loads(self.get(path))

    def post(self, path: str, **fields: object) -> bytes:
        """Send a form and follow where it leads."""
        token = next(cookie.value for cookie in self._cookies if cookie.name == "csrftoken")
        data = urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        with self._open(Request(self._url + path, data=data, headers={"Referer": self._url}), timeout=30) as answer:
            return bytes(answer.read())
