"""A check that may block, in a thread of its own: one look at a time, however often it is asked for."""

import logging
import time
from threading import Condition, Thread

from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding, Result

logger = logging.getLogger(__name__)
STOP_SECONDS = 1.0


def looked(check: Check) -> Result:
    """Return what the check finds; what it raises is a finding, too. Blocks as long as the check does."""
    try:
        findings = check.look()
    except Exception as error:  # whatever goes wrong with a check is what it is there to find
        logger.debug("The check of %s failed", check.name, exc_info=True)
        findings = [no_answer(check, f"{type(error).__name__}: {error}"[:200])]
    return Result(name=check.name, component_type=check.component_type, findings=findings, at=time.time())


def no_answer(check: Check, output: str) -> Finding:
    """Return the finding of a check that found nothing."""
    return Finding(measurement="answer", status=check.without_answer, output=output)


class Watch:
    """Begin a look, and take its result as far as there is one. A look that hangs is not repeated beside itself."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self._changed = Condition()
        self._is_wanted = self._is_ended = False
        self._result: Result | None = None
        self._thread = Thread(target=self._run, name=f"health-{check.name}", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Have it look, unless it still does."""
        with self._changed:
            self._is_wanted, self._result = True, None
            self._changed.notify_all()

    def result(self, *, until: float) -> Result:
        """Return the result, or that there is none by `until` (of the monotonic clock)."""
        with self._changed:
            self._changed.wait_for(lambda: self._result is not None, max(0.0, until - time.monotonic()))
            if self._result is not None:
                return self._result
        findings = [no_answer(self.check, "It does not answer in time.")]
        return Result(name=self.check.name, component_type=self.check.component_type, findings=findings, at=time.time())

    def end(self) -> None:
        """Begin no more looks; does not wait for one that hangs."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def join(self) -> None:
        """Wait until it has ended; a second at most."""
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while self._is_due():
            result = looked(self.check)
            with self._changed:
                self._result = result
                self._changed.notify_all()
        self.check.close()

    def _is_due(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._is_wanted or self._is_ended)
            self._is_wanted = False
            return not self._is_ended
