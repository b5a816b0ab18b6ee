"""Permits of a half-open breaker: counted, with a deadline, issued anew when it passes. No clock, no lock."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True, eq=False)
class Permit:
    """One probe. `number` is the store's where the fleet issued it, else empty."""

    generation: int
    number: str
    issued_at: float
    deadline: float


class Permits:
    """Those that wait to be taken and those that are out."""

    def __init__(self) -> None:
        self._waiting: list[Permit] = []
        self._out: list[Permit] = []

    def issue(self, *, generation: int, now: float, deadline: float, number: str = "") -> None:
        """Add one to be taken."""
        self._waiting.append(Permit(generation=generation, number=number, issued_at=now, deadline=deadline))

    def unspent(self, *, before: float) -> list[str]:
        """Return the numbers of those that nobody took since then, and forget them."""
        stale = [permit for permit in self._waiting if permit.issued_at < before]
        self._waiting = [permit for permit in self._waiting if permit not in stale]
        return [permit.number for permit in stale]

    def take(self, now: float) -> Permit | None:
        """Return one whose deadline is ahead, if there is any."""
        self.reclaim(now)
        if not self._waiting:
            return None
        permit = self._waiting.pop()
        self._out.append(permit)
        return permit

    def settle(self, permit: Permit, now: float) -> bool:
        """Take one back; return whether it was still good."""
        self.reclaim(now)
        is_good = permit in self._out
        if is_good:
            self._out.remove(permit)
        return is_good

    def reclaim(self, now: float) -> None:
        """Forget those past their deadline."""
        self._waiting = [permit for permit in self._waiting if permit.deadline > now]
        self._out = [permit for permit in self._out if permit.deadline > now]

    def clear(self) -> None:
        """Forget all."""
        self._waiting, self._out = [], []

    @property
    def out(self) -> int:
        """How many are out."""
        return len(self._out)

    @property
    def waiting(self) -> int:
        """How many wait to be taken."""
        return len(self._waiting)
