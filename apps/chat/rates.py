"""How often one account may do what costs something: counted in each process, over API, pages and sockets together."""

import math
import time
from collections.abc import Callable
from threading import Lock

from apps.chat.exceptions import RateError
from apps.chat.live.bucket import Bucket
from apps.chat.policy import limits

MINUTE = 60.0
MOST_ACCOUNTS = 10_000


class Rate:
    """A bucket for each account, full with a minute's share. What is not used for a minute is full, and forgotten."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._buckets: dict[int, tuple[float, Bucket]] = {}

    def take(self, account: int, *, per_minute: int) -> bool:
        """Count one; return whether there was one left. Thread-safe, does not block."""
        now = self._clock()
        with self._lock:
            if len(self._buckets) >= MOST_ACCOUNTS:
                self._forget(now)
            _, bucket = self._buckets.get(account, (now, Bucket(now)))
            self._buckets[account] = now, bucket
            return bucket.take(now, per_second=per_minute / MINUTE, burst=per_minute)

    def _forget(self, now: float) -> None:
        self._buckets = {key: entry for key, entry in self._buckets.items() if now - entry[0] < MINUTE}


messages = Rate()


def admit_message(user_id: int) -> None:
    """Count a message that somebody wants to send; raise RateError for one too many. No query."""
    per_minute = limits.current.messages_per_minute
    if not messages.take(user_id, per_minute=per_minute):
        wait = math.ceil(MINUTE / per_minute) if per_minute else int(MINUTE)
        raise RateError(f"You may send {per_minute} messages a minute. Send it again later.", retry_after_seconds=wait)
