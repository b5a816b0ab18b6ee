"""A fixed pool of threads: the only way into synchronous Django."""

import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

from django.db import connections

Job = Callable[[], object]
Jobs = SimpleQueue[Job | None]


def pool_size(connection_limit: int) -> int:
    """Return how many threads a database connection limit allows; two connections stay for tasks and commands."""
    return max(2, min(16, connection_limit - 2))


class Pool:
    """Runs jobs in order of arrival. Its threads die with the process, so one that hangs cannot hold up the exit."""

    def __init__(self, *, size: int, name: str = "django") -> None:
        self.size, self.name = size, name
        self._jobs: Jobs = SimpleQueue()
        self._threads: list[Thread] = []

    @property
    def waiting(self) -> int:
        """How many jobs no thread has taken yet."""
        return self._jobs.qsize()

    def submit(self, job: Job) -> None:
        """Queue a job, which may not raise; does not block."""
        self._jobs.put(job)

    def start(self) -> None:
        """Start the threads; in the process that uses them, never before a fork."""
        self._threads = [
            Thread(target=work, args=(self._jobs,), name=f"{self.name}-{n}", daemon=True) for n in range(self.size)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Drop what waits and end the threads; blocks until they have ended, for the grace at most."""
        until = time.monotonic() + grace_seconds
        jobs, self._jobs = self._jobs, SimpleQueue()
        with suppress(Empty):
            while True:
                jobs.get_nowait()
        for _ in self._threads:
            jobs.put(None)
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))


def work(jobs: Jobs) -> None:
    """Run jobs until there is None; the thread's database connections end with it."""
    while job := jobs.get():
        job()
    connections.close_all()
