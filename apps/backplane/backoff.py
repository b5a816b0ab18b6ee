"""How long to wait before the next try: exponential with full jitter.

Source: Brooker, "Exponential Backoff And Jitter", 2015.
"""

import random


class Backoff:
    """Grows with each failure up to a limit; a success starts it over."""

    def __init__(self, *, first_seconds: float = 0.1, limit_seconds: float = 3.0) -> None:
        self._first_seconds, self._limit_seconds = first_seconds, limit_seconds
        self._failures = 0

    @property
    def has_failed(self) -> bool:
        """Whether the last try failed."""
        return self._failures > 0

    def failed(self) -> float:
        """Return the seconds to wait now."""
        ceiling = min(self._limit_seconds, self._first_seconds * 2**self._failures)
        self._failures = min(self._failures + 1, 30)
        return random.uniform(0, ceiling)

    def succeeded(self) -> None:
        """Start over."""
        self._failures = 0
