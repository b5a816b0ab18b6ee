"""A process, as those who watch call it."""

import os
import socket
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """`kind` is web, task or scheduler; `started` is seconds since 1970."""

    kind: str
    host: str
    pid: int
    started: float

    @classmethod
    def here(cls, kind: str) -> "Worker":
        """Return the one that runs this."""
        return cls(kind=kind, host=socket.gethostname(), pid=os.getpid(), started=time.time())

    @property
    def name(self) -> str:
        """As `web:host:123`."""
        return f"{self.kind}:{self.host}:{self.pid}"
