"""Queues and workers: what waits, what runs, what is done, and whether anybody works."""

from typing import Any

from celery import Celery
from celery.app import app_or_default
from kombu.exceptions import ChannelError

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding
from apps.monitoring.health.status import Status

ANSWER_SECONDS = 0.3
FIGURES = "task_figures"  # what every worker answers: apps.monitoring.tasks
NOBODY = "No worker answers. The chat works; imports and alerts wait."


class QueuesCheck(Check):
    """Asks all workers at once."""

    name = "queues"
    component_type = "system"
    is_blocking = True

    def __init__(self) -> None:
        self._used: Any = None

    def look(self) -> list[Finding]:
        """Return the figures; raise what the broker raises.

        Each look has a new connection, which the next one closes: on one that was used before an answer is not heard,
        and to close it at once takes as long as it would go on listening, a second (kombu 5.7 on Redis).
        """
        self.close()
        app = app_or_default()
        self._used = app.connection_for_write()
        answers = app.control.broadcast(FIGURES, reply=True, timeout=ANSWER_SECONDS, connection=self._used)
        lengths = waiting(app, self._used)
        figures = [figure for answer in answers or () for figure in answer.values()]
        found = [Finding(measurement=f"waiting/{name}", value=length) for name, length in lengths.items()]
        return [*found, *(summed(figures, word) for word in ("active", "completed")), alive(len(figures))]

    def close(self) -> None:
        """Close the connection of the last look."""
        if self._used is not None:
            self._used.release()
        self._used = None


def waiting(app: Celery, connection: Any) -> dict[str, int]:
    """Return how many tasks wait in each queue. Blocks; raises what the broker raises."""
    routes: dict[str, dict[str, str]] = app.conf.task_routes or {}
    names = {app.conf.task_default_queue, *(route["queue"] for route in routes.values())}
    return {name: _length(connection, name) for name in sorted(names)}


def _length(connection: Any, name: str) -> int:
    with connection.channel() as channel:
        try:
            return int(channel.queue_declare(queue=name, passive=True).message_count)
        except ChannelError:  # nothing was ever put there
            return 0


def summed(figures: list[dict[str, int]], word: str) -> Finding:
    """Return what all workers have of one figure."""
    return Finding(measurement=word, value=sum(figure[word] for figure in figures))


def alive(workers: int) -> Finding:
    """Return how many answered."""
    status = Status.PASS if workers else Status.WARN
    return Finding(measurement="workers", status=status, value=workers, output="" if workers else NOBODY)
