"""What a process has heard from the others: finds what is missing. No clock, no lock, no I/O of its own."""

from dataclasses import dataclass
from enum import Enum

from apps.backplane.envelope import HEARTBEAT, Envelope


class Verdict(Enum):
    """What to do with a message."""

    DELIVER = "deliver"
    DROP = "drop"  # heard before, or a heartbeat with nothing new
    LOST = "lost"  # something before it is missing: announce the loss, then deliver


@dataclass(slots=True)
class _Heard:
    epoch: int
    sequence: int
    at: float


class Ledger:
    """Keeps the last number heard from each origin; forgets origins that fall silent."""

    def __init__(self, *, silence_seconds: float) -> None:
        self._silence_seconds = silence_seconds
        self._origins: dict[str, _Heard] = {}

    def receive(self, envelope: Envelope, now: float) -> Verdict:
        """Return what the message means, and note it."""
        heard = self._origins.get(envelope.origin)
        if heard is None:
            self._origins[envelope.origin] = _Heard(envelope.epoch, envelope.sequence, now)
            return _first(envelope)
        heard.at = now
        verdict = _next(heard, envelope)
        if verdict is not Verdict.DROP:
            heard.epoch, heard.sequence = envelope.epoch, envelope.sequence
        return verdict

    def forget_silent(self, now: float) -> list[str]:
        """Return the origins not heard from for too long, and forget them."""
        silent = [name for name, heard in self._origins.items() if now - heard.at > self._silence_seconds]
        for name in silent:
            del self._origins[name]
        return silent

    def peers(self) -> list[str]:
        """Return the origins heard from lately."""
        return sorted(self._origins)

    def clear(self) -> None:
        """Start over: whatever comes next may follow on something missed."""
        self._origins.clear()


def _first(envelope: Envelope) -> Verdict:
    """Judge the first message of an origin: number 1 of epoch 0 has nothing before it."""
    if envelope.topic == HEARTBEAT:
        return Verdict.DROP if envelope.sequence == 0 and envelope.epoch == 0 else Verdict.LOST
    return Verdict.DELIVER if envelope.sequence == 1 and envelope.epoch == 0 else Verdict.LOST


def _next(heard: _Heard, envelope: Envelope) -> Verdict:
    if envelope.epoch != heard.epoch:
        return Verdict.LOST if envelope.epoch > heard.epoch else Verdict.DROP
    if envelope.sequence <= heard.sequence:
        return Verdict.DROP
    if envelope.topic == HEARTBEAT or envelope.sequence > heard.sequence + 1:
        return Verdict.LOST
    return Verdict.DELIVER
