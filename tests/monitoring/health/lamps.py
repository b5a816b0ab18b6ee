"""Checks whose every moment is the test's."""

import threading

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding
from apps.monitoring.health.status import Status


class Lamp(Check):
    """Counts who looks."""

    name = "lamp"

    def __init__(self) -> None:
        self.looks = self.ends = 0
        self.status = Status.PASS
        self.error: Exception | None = None

    def look(self) -> list[Finding]:
        self.looks += 1
        if self.error is not None:
            raise self.error
        return [Finding(measurement="light", status=self.status, value=self.looks)]


class SlowLamp(Lamp):
    """Answers when the test lets it."""

    name = "slow"
    is_blocking = True
    without_answer = Status.FAIL

    def __init__(self) -> None:
        super().__init__()
        self.may_go = threading.Event()
        self.most, self._now = 0, 0

    def look(self) -> list[Finding]:
        self._now += 1
        self.most = max(self.most, self._now)
        self.may_go.wait(20)
        self._now -= 1
        return super().look()

    def close(self) -> None:
        self.ends += 1
