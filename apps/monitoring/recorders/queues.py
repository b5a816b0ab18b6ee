"""Queues: how many tasks wait, are run, are done. What waits is told by one process for all."""

import logging
from collections import Counter
from threading import Event, Thread
from typing import Any

from amqp.exceptions import AMQPError
from celery import current_app
from celery.worker import state
from django.conf import settings
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from apps.backplane.bus import Bus
from apps.backplane.current import bus
from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import gauge
from apps.monitoring.policy.recorders import QUEUES
from apps.monitoring.recorders.recorder import Recorder
from apps.monitoring.recorders.tasks import COMPLETED, FAILED, TaskRecorder
from apps.resilience.exceptions import ResilienceError
from apps.resilience.pipeline.registry import pipeline

logger = logging.getLogger(__name__)
JOBS = gauge(
    "queue_jobs",
    "Tasks by queue: waiting in the broker, active here, completed and failed here since this process began.",
    "queue", "state",
)  # fmt: skip
BROKER_ERRORS = (KombuError, AMQPError, RedisError, ResilienceError, OSError)  # each transport has its own
LOOK_SECONDS = 2.0
STOP_SECONDS = 2.0


class QueueRecorder(Recorder[None]):
    """Looks at the tasks that run here, and asks the broker what waits, in a thread: a broker may take its time."""

    name = "queues"
    policy = QUEUES

    def __init__(self, tasks: TaskRecorder) -> None:
        super().__init__()
        self._tasks = tasks
        self._waiting: dict[str, int] | None = None
        self._is_silent = False  # the broker, as far as is known
        self._bus: Bus | None = None
        self._stopping = Event()
        self._thread = Thread(target=self._look_on, name="queues", daemon=True)

    def listen(self) -> None:
        """Begin to ask; does not block."""
        self._bus = bus()
        self._thread.start()

    def deafen(self) -> None:
        """End; blocks for two seconds at most."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def read(self, board: Board) -> None:
        """Put the queues on the board; nothing of what waits where the broker does not answer."""
        board.clear(JOBS)
        active = Counter(run.queue for run in list(self._tasks.running.values()))
        for queue in sorted({*queues(), *active}):
            if self.rules.is_ignored(queue):
                continue
            board.put(JOBS, (queue, "active"), active[queue])
            for end in (COMPLETED, FAILED):
                board.put(JOBS, (queue, end), self._tasks.ended.get((queue, end), 0))
            if self._waiting is not None:
                board.put(JOBS, (queue, "waiting"), self._waiting.get(queue, 0))

    def look(self) -> None:
        """Ask the broker, where this process is the one to; else it has nothing to tell. Blocks for a round trip."""
        found = None
        if is_first(self._bus):
            try:
                found = waiting()
            except BROKER_ERRORS as error:
                self._complain(error)
            else:
                self._is_silent = False
        self._waiting = found

    def _complain(self, error: Exception) -> None:
        if not self._is_silent:
            logger.warning("It is not known how many tasks wait: the broker does not answer (%s).", error)
        self._is_silent = True

    def _look_on(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            if not self.rules.is_enabled:
                continue
            try:
                self.look()
            except Exception:  # this look is lost; a figure that nobody renews would stay for ever
                self._waiting = None
                logger.exception("It is not known how many tasks wait")


def queues() -> set[str]:
    """Return the names of the queues that the settings know."""
    routes = current_app.conf.task_routes or {}
    return {current_app.conf.task_default_queue, *(route["queue"] for route in routes.values())}


def waiting() -> dict[str, int]:
    """Return how many tasks wait in each queue; raise ResilienceError, or what the transport raises. Blocks.

    A worker within this process takes tasks from its queue before it runs them: those wait as well.
    """
    found = Counter(pipeline("broker").call(_sizes))
    if settings.CELERY_IN_PROCESS:
        taken = set(state.reserved_requests) - set(state.active_requests)
        found.update(request.delivery_info.get("routing_key", "") for request in taken)
    return dict(found)


def is_first(known: Bus | None) -> bool:
    """Return whether no process on the bus has a lesser name: so that the same tasks are not told of twice."""
    if known is None:
        return True
    status = known.status()
    return all(status.origin <= peer for peer in status.peers)


def _sizes() -> dict[str, int]:
    sizes = {}
    with current_app.connection_for_read() as connection:
        for queue in queues():
            try:
                with connection.channel() as channel:
                    sizes[queue] = _size(channel, queue)
            except connection.channel_errors:  # nobody has used it yet
                sizes[queue] = 0
    return sizes


def _size(channel: Any, queue: str) -> int:
    return int(channel.queue_declare(queue, passive=True).message_count)
