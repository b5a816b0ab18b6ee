"""What flights promise right now: once among all processes, or, while the store is gone, once per process."""

import logging
import time
from collections.abc import Callable
from threading import Lock

from apps.deduplication.signals import guarantee_lost, guarantee_restored

logger = logging.getLogger(__name__)


class Guarantee:
    """Lost at the first failure of the store, restored by the first probe that succeeds; said once each time."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self.is_lost = False
        self.losses = 0
        self.reason = ""
        self._lost_at = 0.0

    def lose(self, reason: str) -> None:
        """Say that the store is gone; again and again makes no difference."""
        with self._lock:
            if self.is_lost:
                return
            self.is_lost, self.reason, self._lost_at = True, reason, self._clock()
            self.losses += 1
        logger.warning("Flights have no store (%s): identical work runs once per process until it is back.", reason)
        guarantee_lost.send_robust(Guarantee, reason=reason)

    def restore(self) -> None:
        """Say that the store is back."""
        with self._lock:
            if not self.is_lost:
                return
            self.is_lost, self.reason = False, ""
            lost_seconds = self._clock() - self._lost_at
        logger.warning("Flights have their store again, after %.1f seconds.", lost_seconds)
        guarantee_restored.send_robust(Guarantee, lost_seconds=lost_seconds)
