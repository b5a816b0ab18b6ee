"""Faults on purpose, to see what users would see. Off unless the site allows it, for a while, and loudly."""

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from apps.resilience.deadline import ends_at
from apps.resilience.exceptions import ResilienceError

logger = logging.getLogger(__name__)
HANG_SECONDS = 3600.0
acting: ContextVar[str] = ContextVar("acting", default="")


class Fault(StrEnum):
    """What may be done to a call."""

    OFF = "off"
    LATENCY = "latency"
    ERROR = "error"
    HANG = "hang"
    TRUNCATE = "truncate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """One kind of fault, for a share of calls, until a moment of the wall clock, for one user or all."""

    fault: Fault = Fault.OFF
    share: float = 1.0
    seconds: float = 1.0
    until: float = 0.0
    user: str = ""


class ChaosError(ResilienceError, ConnectionError):
    """The call was made to fail on purpose."""


@contextmanager
def acting_for(user: str) -> Iterator[None]:
    """Say for whom the calls inside are made, so that faults can be meant for one user."""
    token = acting.set(user)
    try:
        yield
    finally:
        acting.reset(token)


class Chaos:
    """Decides and does it."""

    def __init__(
        self,
        name: str,
        *,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name, self._clock, self._chance = name, clock, chance
        self.faults = Faults()
        self.done = 0

    def change(self, faults: Faults) -> None:
        """Do other faults from now on; begin and end are said in the log."""
        if faults != self.faults:
            logger.warning("CHAOS %s: %s, was %s", self.name, _told(faults), _told(self.faults))
        self.faults = faults

    @property
    def is_on(self) -> bool:
        """Whether faults are being made."""
        return self.faults.fault is not Fault.OFF and self._clock() < self.faults.until

    def chosen(self) -> Fault:
        """Return what to do to this call."""
        faults = self.faults
        if not self.is_on or (faults.user and faults.user != acting.get()) or self._chance() >= faults.share:
            return Fault.OFF
        self.done += 1
        return faults.fault

    def strike(self) -> None:
        """Do it to a call of this thread. A hang ends with the caller's deadline: a thread cannot be interrupted."""
        fault = self.chosen()
        if fault is Fault.ERROR:
            raise ChaosError(f"{self.name}: an error on purpose")
        if pause := self._pause(fault):
            left = max(0.0, ends_at.get() - time.monotonic())
            threading.Event().wait(min(pause, left, threading.TIMEOUT_MAX))
            if left < pause:
                raise TimeoutError(f"{self.name}: hung on purpose")

    async def strike_async(self) -> Fault:
        """Do it to a call of this coroutine; return what was done: a stream cuts itself."""
        fault = self.chosen()
        if fault is Fault.ERROR:
            raise ChaosError(f"{self.name}: an error on purpose")
        if pause := self._pause(fault):
            await asyncio.sleep(pause)
        return fault

    def _pause(self, fault: Fault) -> float:
        return {Fault.LATENCY: self.faults.seconds, Fault.HANG: HANG_SECONDS}.get(fault, 0.0)


def _told(faults: Faults) -> str:
    if faults.fault is Fault.OFF:
        return "no faults"
    whom = f"user {faults.user}" if faults.user else "everybody"
    until = time.strftime("%Y-%m-%d %H:%M", time.gmtime(faults.until))
    return f"{faults.fault} in {faults.share:.0%} of calls for {whom} until {until} UTC"
