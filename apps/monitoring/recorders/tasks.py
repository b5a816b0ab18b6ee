"""Tasks: how long they waited in their queue, how long they took, what became of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import signals

from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import counter, distribution
from apps.monitoring.policy.recorders import TASKS
from apps.monitoring.recorders.recorder import Recorder

DURATION = distribution("task_duration_seconds", "Tasks that ran, by Celery's word for their end.", "task", "state")
WAIT = distribution("task_wait_seconds", "From when a task might have begun to when it did.", "task")
PUBLISHED = counter("tasks_published_total", "Tasks handed to the broker.", "task")
HEADER = "published_at"  # seconds since 1970, beside Celery's own headers
COMPLETED, FAILED = "completed", "failed"
ENDS = {"SUCCESS": COMPLETED, "IGNORED": COMPLETED, "FAILURE": FAILED}
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRun:
    """One run of a task that has begun."""

    queue: str
    began: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSample:
    """One thing that happened to a task: it was published, began after a wait, or ended."""

    task: str
    wait: float | None = None
    seconds: float | None = None
    state: str = ""
    queue: str = ""


class TaskRecorder(Recorder[TaskSample]):
    """Hears Celery's signals, where tasks are published and where they run. `ended` counts by queue and end."""

    name = "tasks"
    policy = TASKS
    limit = 20_000

    def __init__(self) -> None:
        super().__init__()
        self.running: dict[str, TaskRun] = {}
        self.ended: dict[tuple[str, str], int] = {}

    def listen(self) -> None:
        """Begin to hear."""
        for signal, hear in self._ears:
            signal.connect(hear)

    def deafen(self) -> None:
        """Hear no more."""
        for signal, hear in self._ears:
            signal.disconnect(hear)

    def fold(self, board: Board, samples: list[TaskSample]) -> None:
        """Count what happened."""
        for sample in samples:
            if self.rules.is_ignored(sample.task):
                continue
            if sample.wait is not None:
                board.observe(WAIT, (sample.task,), sample.wait)
            elif sample.seconds is not None:
                board.observe(DURATION, (sample.task, sample.state), sample.seconds)
                self._count(sample)
            else:
                board.add(PUBLISHED, (sample.task,))

    def _count(self, sample: TaskSample) -> None:
        if end := ENDS.get(sample.state):
            key = sample.queue, end
            self.ended[key] = self.ended.get(key, 0) + 1

    @property
    def _ears(self) -> list[tuple[Any, Callable[..., None]]]:
        return [
            (signals.before_task_publish, self._publishing),
            (signals.task_prerun, self._begun),
            (signals.task_postrun, self._over),
        ]

    def _publishing(self, *, sender: str, headers: dict[str, Any], **_: Any) -> None:
        headers[HEADER] = time.time()
        if self.rules.is_enabled:
            self.take(TaskSample(task=sender))

    def _begun(self, *, task_id: str, task: Any, **_: Any) -> None:
        queue = (task.request.delivery_info or {}).get("routing_key") or UNKNOWN
        self.running[task_id] = TaskRun(queue=queue, began=time.perf_counter())
        due = due_at(task.request)
        if due is not None and self.rules.is_enabled:
            self.take(TaskSample(task=task.name, wait=max(0.0, time.time() - due)))

    def _over(self, *, task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
        run = self.running.pop(task_id, None)
        if run is not None and self.rules.is_enabled:
            seconds = time.perf_counter() - run.began
            self.take(TaskSample(task=task.name, seconds=seconds, state=state or UNKNOWN, queue=run.queue))


def due_at(request: Any) -> float | None:
    """Return when a task might have begun, in seconds since 1970: published, or later by its wish; None: unknown."""
    published = getattr(request, HEADER, None)
    if not isinstance(published, int | float):
        return None
    wished = datetime.fromisoformat(request.eta).timestamp() if isinstance(request.eta, str) else 0.0
    return max(published, wished)
