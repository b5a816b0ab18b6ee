"""What has been written so far, as one name: who reads after a write never joins who began to read before it.

Numbers come from Redis, so each is given to one write only. A process whose name is N has heard of write N, and
whatever it begins to read now is no older. Where no number can be had, the name is nobody else's: nothing is shared
with other processes until there is one.
"""

import logging
import secrets
from collections.abc import Callable
from threading import Lock

from apps.backplane.bus import Bus, Loss
from apps.backplane.envelope import Envelope

logger = logging.getLogger(__name__)
TOPIC = "deduplication.generation"
Next = Callable[[int], int]


class Generation:
    """The name of now. `number` is asked of Redis with the largest one known, and may raise."""

    def __init__(self, number: Next, bus: Bus | None, later: Callable[[Callable[[], None]], None]) -> None:
        self._ask, self._bus, self._later = number, bus, later
        self._lock = Lock()
        self._number = self._under_way = 0
        self._is_alone = False
        self.name = "0"

    def start(self) -> None:
        """Hear of the writes of others, and have all begin anew together. Blocks for a round trip."""
        if self._bus is not None:
            self._bus.subscribe(TOPIC, self._heard, self._lost)
        self.advance()

    def advance(self) -> None:
        """Say that something was written: call it after the commit. Blocks for a round trip; never raises."""
        with self._lock:
            self._under_way += 1
            self.name = f"{self._number}.{secrets.token_hex(8)}"
        number = self._asked()
        with self._lock:
            self._under_way -= 1
            self._is_alone = number is None
            self._take(number or 0)
        if number is not None and self._bus is not None:
            self._bus.publish(TOPIC, number)

    def advance_soon(self) -> None:
        """Say so from where one may not block."""
        self._later(self.advance)

    def _asked(self) -> int | None:
        try:
            return self._ask(self._number)
        except Exception as error:  # noqa: BLE001  (no number is an answer too: the process goes on under its own name)
            logger.debug("No number for a write: %s", error)
            return None

    def _heard(self, envelope: Envelope) -> None:
        if isinstance(envelope.payload, int):
            with self._lock:
                self._take(envelope.payload)

    def _lost(self, _: Loss) -> None:
        """Writes of others may have been missed, or ours by them: all begin anew."""
        self.advance_soon()

    def _take(self, number: int) -> None:
        """Take a larger number for the name, unless it has to stay our own; the caller holds the lock."""
        self._number = max(self._number, number)
        if not self._under_way and not self._is_alone:
            self.name = str(self._number)
