"""What an error says about trying again."""

import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

from apps.resilience.exceptions import DeadlineError, RejectedError


def is_worth_retrying(error: BaseException) -> bool:
    """Return whether another attempt may fare better: not when we rejected it ourselves, nor out of time."""
    return isinstance(error, Exception) and not isinstance(error, RejectedError | DeadlineError)


def asked_seconds(error: BaseException, *, clock: Callable[[], float] = time.time) -> float:
    """Return how long the other side asks to wait: by `retry_after_seconds`, or Retry-After of its response; else 0."""
    asked: Any = getattr(error, "retry_after_seconds", None)
    if asked is not None:
        return float(asked)
    headers: Any = getattr(getattr(error, "response", None), "headers", None) or {}
    text = str(headers.get("retry-after", headers.get("Retry-After", "")))
    with suppress(ValueError):
        return max(0.0, float(text))
    with suppress(ValueError):
        return max(0.0, parsedate_to_datetime(text).timestamp() - clock())
    return 0.0
