"""The request's name: taken from a caller who sends a decent one, else made here."""

import os
import re
from contextvars import ContextVar

from perfsite.edge.protocol import Scope

current: ContextVar[str] = ContextVar("request_id", default="")
_is_decent = re.compile(rb"[A-Za-z0-9._-]{1,64}").fullmatch


def adopt(scope: Scope) -> None:
    """Take or make the id and make it the current context's."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _is_decent(value):
            current.set(value.decode())
            return
    current.set(os.urandom(16).hex())
