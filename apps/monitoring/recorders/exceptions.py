"""Exceptions that nobody caught, of requests and of tasks: how many, and which are the same."""

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from celery.signals import task_failure
from django.core.signals import got_request_exception
from django.http import HttpRequest

from apps.monitoring.archive.groups import Group, Raised, grouped, raised
from apps.monitoring.measuring.board import Board
from apps.monitoring.measuring.metric import counter
from apps.monitoring.policy.recorders import EXCEPTIONS
from apps.monitoring.recorders.recorder import Recorder
from apps.monitoring.routes import route_of

logger = logging.getLogger(__name__)
RAISED = counter("exceptions_total", "Exceptions nobody caught, by type and where: a route, or `task` and its name.",
                 "type", "route")  # fmt: skip


class ExceptionRecorder(Recorder[Raised]):
    """Hears of what Django answers with 500, and of tasks that failed."""

    name = "exceptions"
    policy = EXCEPTIONS
    limit = 1_000

    def __init__(self, keep: Callable[[Group], None]) -> None:
        super().__init__()
        self._keep = keep

    def listen(self) -> None:
        """Begin to hear."""
        got_request_exception.connect(self._of_request)
        task_failure.connect(self._of_task)

    def deafen(self) -> None:
        """Hear no more."""
        got_request_exception.disconnect(self._of_request)
        task_failure.disconnect(self._of_task)

    def fold(self, board: Board, samples: list[Raised]) -> None:
        """Count them, and have each group kept once with its number."""
        groups: dict[str, Group] = {}
        for one in samples:
            if self.rules.is_ignored(one.error):
                continue
            board.add(RAISED, (one.error, one.route))
            made = grouped(one)
            before = groups.get(made.digest)
            groups[made.digest] = replace(made, times=before.times + 1) if before else made
        for group in groups.values():
            self._keep(group)

    def _of_request(self, *, request: HttpRequest | None = None, **_: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and request is not None:
            match = request.resolver_match
            self._heard(error, route=match.route if match else route_of(request.path))

    def _of_task(self, *, sender: Any, exception: BaseException, **_: Any) -> None:
        self._heard(exception, route=f"task {sender.name}")

    def _heard(self, error: BaseException, *, route: str) -> None:
        """Take note of an exception, in the middle of a request: what fails here must not fail there."""
        if not self.rules.is_enabled:
            return
        try:
            self.take(raised(error, route=route, at=time.time()))
        except Exception:  # an error that cannot even say what it is; it is counted as dropped
            logger.warning("An exception could not be taken note of", exc_info=True)
            self.dropped += 1
