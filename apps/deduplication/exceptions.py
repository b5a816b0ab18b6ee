"""What can go wrong with shared work, by what the caller can decide."""


class DeduplicationError(Exception):
    """The base of all."""


class FlightError(DeduplicationError):
    """The shared work failed elsewhere; the text says how. Errors registered as shareable come as themselves."""


class FlightTimeoutError(DeduplicationError):
    """The work went on for longer than its waiters wait. Nothing was run a second time; come back later."""

    def __init__(self, *, retry_after: float) -> None:
        super().__init__(f"The work is still under way. Try again in {retry_after:g} seconds.")
        self.retry_after = retry_after


class StreamBrokenError(DeduplicationError):
    """A stream ended before its end: its leader is gone, or it grew over its bound. What came so far is genuine."""
