"""A task worker with one task more: python -m tests.deduplication.flights.task_worker POOL."""

import sys
import time
from pathlib import Path

from perfsite.celery import app


@app.task(name="tests.share")
def share(until: str) -> None:
    """Run shared work that lasts until the file is there."""
    from apps.deduplication.flights.scope import Scope

    def work() -> bytes:
        while not Path(until).exists():
            time.sleep(0.01)
        return b"done"

    Scope(name="task", title="Task").run("k", work)


if __name__ == "__main__":
    app.worker_main(["worker", f"--pool={sys.argv[1]}", "--concurrency=1", "--loglevel=WARNING", "--without-mingle"])
