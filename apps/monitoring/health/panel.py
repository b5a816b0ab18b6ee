"""All checks together: those that may block side by side, within a time that holds whatever they do."""

import time
from collections.abc import Sequence

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Result
from apps.monitoring.health.watch import Watch, looked


class Panel:
    """For one thread at a time. Whoever made it ends it."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self._parts = [Watch(check) if check.is_blocking else check for check in checks]
        self._watches = [part for part in self._parts if isinstance(part, Watch)]

    def look(self, *, timeout_seconds: float) -> list[Result]:
        """Return the results in the order of the checks. Blocks for the timeout at most."""
        for watch in self._watches:
            watch.begin()
        until = time.monotonic() + timeout_seconds
        near = {part: looked(part) for part in self._parts if isinstance(part, Check)}
        return [part.result(until=until) if isinstance(part, Watch) else near[part] for part in self._parts]

    def end(self) -> None:
        """End the threads. Blocks for a second at most for each that hangs."""
        for watch in self._watches:
            watch.end()
        for watch in self._watches:
            watch.join()


def looked_once(checks: Sequence[Check], *, timeout_seconds: float) -> list[Result]:
    """Return the results of checks that are not looked at again. Blocks."""
    panel = Panel(checks)
    try:
        return panel.look(timeout_seconds=timeout_seconds)
    finally:
        panel.end()
