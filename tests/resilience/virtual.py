"""Time and chance that obey the test."""

from collections.abc import Callable
from typing import Any

from apps.resilience.breaker import Breaker, Rules


class Clock:
    """Stands still until told otherwise."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


class BrokenError(RuntimeError):
    """What the dependency raises."""


def fine() -> str:
    return "fine"


def broken() -> str:
    raise BrokenError("down")


def taking(clock: Clock, seconds: float) -> Callable[[], str]:
    """Return a call that lasts."""

    def slow() -> str:
        clock.pass_by(seconds)
        return "late"

    return slow


def made(
    clock: Clock, name: str = "test", *, chance: float = 0.0, rules: Rules | None = None, **values: Any
) -> Breaker:
    """Return a breaker in virtual time."""
    return Breaker(name, rules or Rules(**values), clock=clock, chance=lambda: chance)


def ended(breaker: Breaker, call: Callable[[], str]) -> str:
    """Call through the breaker; return what came: the answer, or the error's name."""
    try:
        return breaker.call(call)
    except Exception as error:  # noqa: BLE001  (what came is the answer)
        return type(error).__name__
