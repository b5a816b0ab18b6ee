"""The machine's processors, over the last minute."""

import time
from collections import deque

import psutil

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding
from apps.monitoring.health.status import Status
from apps.monitoring.policy.health import HEALTH

SECONDS = 60


class CpuCheck(Check):
    """Warns alone: a busy machine is no broken one."""

    name = "cpu"
    component_type = "system"

    def __init__(self) -> None:
        self._seen = deque([(time.monotonic(), *times())])

    def look(self) -> list[Finding]:
        """Return the share of time in which they worked: of a minute, or since the look before."""
        percent, limit = self._percent(), HEALTH.current.cpu_percent
        is_busy = percent > limit
        output = f"The processors work for more than {limit:g}% of the time." if is_busy else ""
        status = Status.WARN if is_busy else Status.PASS
        return [Finding(measurement="utilization", status=status, value=percent, unit="%", output=output)]

    def _percent(self) -> float:
        now = time.monotonic()
        while len(self._seen) > 1 and self._seen[1][0] < now - SECONDS:
            self._seen.popleft()
        self._seen.append((now, *times()))
        (_, worked, whole), (_, worked_now, whole_now) = self._seen[0], self._seen[-1]
        return round(100 * (worked_now - worked) / ((whole_now - whole) or 1), 1)


def times() -> tuple[float, float]:
    """Return the seconds for which the processors worked, and all seconds, since the machine began."""
    told = psutil.cpu_times()
    whole = sum(told)
    return whole - told.idle - getattr(told, "iowait", 0.0), whole
