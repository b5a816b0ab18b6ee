"""Why a request that carries a key gets no answer of its own, by what the caller can do about it."""

from apps.deduplication.exceptions import DeduplicationError


class IdempotencyError(DeduplicationError):
    """The base of all; its text is fit for the person who asked."""


class KeyFormatError(IdempotencyError):
    """The header holds no key."""


class KeyReusedError(IdempotencyError):
    """The key belongs to a request with another payload."""

    def __init__(self) -> None:
        super().__init__("was used for another request; a new request needs a new key.")


class KeyBusyError(IdempotencyError):
    """The first request with this key still runs. Nothing was run a second time."""

    retry_after_seconds = 1

    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key is still under way. Send it again in a moment.")
