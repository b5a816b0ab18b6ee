"""Waiting for a condition instead of for time."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")
PAUSE_SECONDS = 0.02


def eventually(condition: Callable[[], Value], *, seconds: float = 20, what: str = "the condition") -> Value:
    """Return the first true answer of the condition; raise TimeoutError after the deadline. Blocks, polling."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := condition():
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come true within {seconds} s")
        time.sleep(PAUSE_SECONDS)
