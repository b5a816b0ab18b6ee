"""503 for all who wait: it says nothing about anybody, and its work may still hang in its thread."""

from apps.deduplication.exceptions import DeduplicationError
from apps.deduplication.flights.errors import shareable

RETRY_AFTER = "5"


class UnavailableError(DeduplicationError):
    """The request was answered 503; `retry_after` is what it said of coming back."""

    def __init__(self, retry_after: str) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after or RETRY_AFTER


shareable("http.unavailable", UnavailableError)
