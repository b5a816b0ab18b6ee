"""A task worker as it runs in production: Celery's, beside a site with a broker."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import ServerProcess
from tests.servers.site import PROJECT

COMMAND = [sys.executable, "-m", "celery", "-A", "perfsite"]


@contextmanager
def running_task_worker(directory: Path, env: Mapping[str, str]) -> Iterator[ServerProcess]:
    """Yield a worker of both queues, which takes tasks soon after."""
    command = [*COMMAND, "worker", "-Q", "celery,import", "--concurrency=1", "--loglevel=INFO"]
    process = ServerProcess(command, log=directory / "worker.log", env=env, cwd=PROJECT)
    try:
        process.wait_until(lambda: " ready." in process.log())
        yield process
    finally:
        process.kill()
