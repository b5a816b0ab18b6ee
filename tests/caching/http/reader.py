"""Somebody at a browser: asks the response path first, as the edge does, and Django for what that declines."""

import asyncio
from dataclasses import dataclass
from typing import Any

from django.test import Client

from apps.chat.models import User
from perfsite.edge.hits import Hits
from tests.edge.drive import Call

CSRF = "c" * 32
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """An answer, and whether it came from memory."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_hit: bool


class Reader:
    """A session of a user; `hits` is the process's response path."""

    def __init__(self, hits: Hits, user: User | None = None) -> None:
        self.hits, self.client = hits, Client(raise_request_exception=False)
        self.client.cookies["csrftoken"] = CSRF
        if user is not None:
            self.client.force_login(user)

    @property
    def cookie(self) -> bytes:
        """The Cookie header."""
        return "; ".join(f"{one.key}={one.value}" for one in self.client.cookies.values()).encode()

    def get(self, path: str, method: str = "GET", **headers: str) -> Got:
        """Return the answer, by whichever way it comes."""
        return self.from_memory(path, method, **headers) or self.from_django(path, method, **headers)

    def from_memory(self, path: str, method: str = "GET", *, scheme: str = "http", **headers: str) -> Got | None:
        """Return what the response path has, or None."""
        named = {"host": "localhost", "cookie": self.cookie.decode(), "accept": JSON, **dashed(headers)}
        pairs = [(name.encode(), value.encode()) for name, value in named.items()]
        call = asyncio.run(self._called(path, method, pairs[1:], scheme=scheme, host=pairs[0][1]))
        return None if call is None else Got(status=call.status or 0, headers=call.headers, body=call.body, is_hit=True)

    def from_django(self, path: str, method: str = "GET", **headers: str) -> Got:
        """Return Django's answer."""
        given = {"host": "localhost", "accept": JSON, **dashed(headers)}
        answer: Any = self.client.generic(method, path, headers=given)
        found = {name.lower(): value for name, value in answer.items()}
        for name, morsel in answer.cookies.items():
            found["set-cookie"] = f"{name}={morsel.value}"
        return Got(status=answer.status_code, headers=found, body=answer.content, is_hit=False)

    async def _called(self, path: str, method: str, pairs: Any, *, scheme: str, host: bytes) -> Call | None:
        address, _, query = path.partition("?")
        call = Call(None, address, method=method, headers=pairs, scheme=scheme, query_string=query.encode())
        call.scope["headers"] = [(b"host", host), *pairs]
        hit = await self.hits.sought(call.scope, dict(call.scope["headers"]))
        if hit is None:
            return None
        await hit.send(call.send)
        return call


def dashed(headers: dict[str, str]) -> dict[str, str]:
    """Return keyword names as headers'."""
    return {name.replace("_", "-"): value for name, value in headers.items()}
