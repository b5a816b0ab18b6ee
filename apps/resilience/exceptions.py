"""Why a call was not made or did not end, by what the caller can do about it."""

from pybreaker import CircuitBreakerError


class ResilienceError(Exception):
    """The base of all; its text is fit for a log."""


class RejectedError(ResilienceError):
    """The call was not made; it may be tried again after `retry_after_seconds`."""

    @property
    def retry_after_seconds(self) -> float:
        """How long to wait before the next try makes sense."""
        return 1.0


class CircuitOpenError(CircuitBreakerError, RejectedError):
    """The breaker rejects calls. Carries a shared, frozen record and the clock: making the error computes nothing."""

    def __str__(self) -> str:
        rejection, clock = self.args
        return str(rejection.text(clock()))

    @property
    def name(self) -> str:
        """The breaker's name."""
        return str(self.args[0].name)

    @property
    def retry_after_seconds(self) -> float:
        """The seconds until the breaker tries again; those of a forced state are a guess."""
        rejection, clock = self.args
        return float(rejection.remaining_seconds(clock()))


class DeadlineError(ResilienceError, TimeoutError):
    """The time the caller has is over; trying again within it makes no sense."""


class AttemptTimeoutError(ResilienceError, TimeoutError):
    """One attempt took longer than it may; another may fare better."""


class WaitError(RejectedError):
    """Rejected, with the wait known: `WaitError(text, seconds)`."""

    def __init__(self, text: str, retry_after_seconds: float) -> None:
        super().__init__(text)
        self._retry_after_seconds = retry_after_seconds

    @property
    def retry_after_seconds(self) -> float:
        """How long to wait before the next try makes sense."""
        return self._retry_after_seconds


class RateLimitedError(WaitError):
    """More calls than the rate allows."""


class BulkheadFullError(WaitError):
    """As many calls are under way, and wait, as may."""


class TruncatedError(ResilienceError, ConnectionError):
    """A stream ended before it was complete."""


class UnknownPipelineError(ResilienceError, LookupError):
    """No dependency of this name is declared."""
