"""The embedded default's task worker: Celery inside the web process, so that a trial needs no broker."""

import logging
import time
from collections.abc import Callable
from threading import Thread
from typing import Any

from celery.concurrency.base import BasePool, apply_target
from celery.worker import WorkController, state

from perfsite.celery import app
from perfsite.edge.pool import Pool

logger = logging.getLogger(__name__)
NAME = "celery@in-process"
QUEUES = ("celery", "import")
GRACE_SECONDS = 3.0


class TaskPool(BasePool):
    """Celery's pool on daemon threads: its own thread pool would hold the process until the last task ends.

    A thread for each queue: however many imports there are, the short tasks and the schedule go on beside them.
    """

    body_can_be_buffer = True
    signal_safe = False

    def on_start(self) -> None:
        """Start the threads."""
        self._pools = {queue: Pool(size=1, name=f"task-{queue}") for queue in QUEUES}
        for pool in self._pools.values():
            pool.start()

    def on_stop(self) -> None:
        """Let a task stop between two batches; abandon it after the grace, for tasks are resumable."""
        until = time.monotonic() + GRACE_SECONDS
        for pool in self._pools.values():
            pool.stop(grace_seconds=max(0.0, until - time.monotonic()))

    on_terminate = on_stop

    def on_apply(self, target: Callable[..., Any], args: Any, *arguments: Any, **options: Any) -> None:
        """Queue one task, whose message says by which queue it came."""
        _name, _number, request, *_ = args
        pool = self._pools.get(request["delivery_info"]["routing_key"], self._pools[QUEUES[0]])
        pool.submit(lambda: run_task(target, args, *arguments, **options))


def run_task(target: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """Run one task in this thread; never raises."""
    try:
        apply_target(target, *arguments, **options)
    except Exception:  # Celery reports a task's own failure; this is Celery's, and the thread serves the next task
        logger.exception("A task could not be run")


class Worker:
    """Lives with the server. `celery.worker.state.should_stop` tells a task that the server is about to end."""

    def __init__(self) -> None:
        self._thread = Thread()

    def start(self) -> None:
        """Start consuming; without signal handlers or logging of its own."""
        state.should_stop = None
        self._thread = Thread(target=self._work, name="celery", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; blocks until running tasks have stopped, for the grace at most."""
        state.should_stop = 0  # type: ignore[assignment]  # an exit status; None while running
        # The consumer looks at the flag every two seconds only; a message wakes it.
        app.control.broadcast("shutdown", destination=[NAME], arguments={"msg": "The task worker stops."})
        self._thread.join(GRACE_SECONDS + 1)

    def _work(self) -> None:
        controller = WorkController(
            app=app,
            hostname=NAME,
            pool_cls=TaskPool,
            concurrency=len(QUEUES),
            prefetch_multiplier=0,  # what waits lies in this process's memory either way
            queues=QUEUES,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        controller.start()
