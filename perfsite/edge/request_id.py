"""The request's name: taken from a caller who sends a decent one, else made here."""

import os
import re
from contextvars import ContextVar

from perfsite.edge.protocol import Scope

current: ContextVar[str] = ContextVar("request_id", default="")
_is_decent = re.compile(rb"[A-Za-z0-9._-]{1,64}").fullmatch


def adopt(scope: Scope) -> None:
    """Take or make the id and make it the current context's."""
    given = dict(scope["headers"]).get(b"x-request-id")
    current.set(given.decode() if given is not None and _is_decent(given) else os.urandom(16).hex())
