"""The request's name: taken from a caller who sends a decent one, else made here."""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from random import getrandbits

current: ContextVar[str] = ContextVar("request_id", default="")
_is_decent = re.compile(rb"[A-Za-z0-9._-]{1,64}").fullmatch


def chosen(headers: Mapping[bytes, bytes]) -> str:
    """Take or make the id."""
    given = headers.get(b"x-request-id")
    if given is not None and _is_decent(given):
        return given.decode()
    # A name, no secret: the system's own random source takes as long as finding an answer in memory.
    return getrandbits(128).to_bytes(16).hex()


def adopt(headers: Mapping[bytes, bytes]) -> None:
    """Take or make the id and make it the current context's."""
    current.set(chosen(headers))
