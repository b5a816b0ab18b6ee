"""How many retries a dependency bears. Two accounts, and a retry needs both. No clock, no lock.

Sources: the retry quota of botocore's standard mode (500 tokens, a retry 5, after a timeout 10, a success gives 1
back); the share of recent calls is Finagle's RetryBudget.
"""

from collections import deque
from dataclasses import dataclass

SLICES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The bounds."""

    quota: int = 500
    retry_cost: int = 5
    timeout_cost: int = 10
    share: float = 0.2  # of the calls of the window
    least: int = 3  # that few are always borne
    window_seconds: float = 10.0


class Account:
    """Tokens, and the calls and retries of the last seconds."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.tokens = budget.quota
        self.retries = self.refused = 0  # since the start
        self._slices: deque[list[int]] = deque(maxlen=SLICES)  # slot, calls, retries
        self._slot = -1
        self._slices_per_second = SLICES / budget.window_seconds

    def called(self, now: float, *, is_success: bool) -> None:
        """Note a first attempt; a success gives a token back."""
        self._slice(now)[1] += 1
        if is_success:
            self.succeeded()

    def succeeded(self) -> None:
        """Give a token back."""
        if self.tokens < self.budget.quota:
            self.tokens += 1

    def take(self, now: float, *, is_timeout: bool) -> bool:
        """Pay for a retry; return whether both accounts bear it."""
        cost = self.budget.timeout_cost if is_timeout else self.budget.retry_cost
        current = self._slice(now)
        calls, retries = (sum(column) for column in list(zip(*self._recent(), strict=True))[1:])
        if self.tokens < cost or retries >= max(self.budget.least, int(self.budget.share * calls)):
            self.refused += 1
            return False
        self.tokens -= cost
        self.retries += 1
        current[2] += 1
        return True

    def change(self, budget: Budget) -> None:
        """Go by other bounds; what was spent stays spent."""
        self.tokens = max(0, min(budget.quota, self.tokens + budget.quota - self.budget.quota))
        self.budget, self._slices_per_second = budget, SLICES / budget.window_seconds

    def _slice(self, now: float) -> list[int]:
        slot = int(now * self._slices_per_second)
        if slot != self._slot:
            self._slot = slot
            self._slices.append([slot, 0, 0])
        return self._slices[-1]

    def _recent(self) -> list[list[int]]:
        return [one for one in self._slices if one[0] > self._slot - SLICES]
