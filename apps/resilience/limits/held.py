"""What a process knows of one key. No clock, no lock, no I/O."""

from apps.resilience.limits.bucket import Bucket
from apps.resilience.limits.rate import Allowance, Rate


class Held:
    """Tokens that were fetched, the refusal that still holds, and the bucket for when the fleet cannot be asked."""

    __slots__ = ("_left", "_rate", "_refused_until", "_tokens", "bucket")

    def __init__(self) -> None:
        self._rate: Rate | None = None
        self._tokens, self._left, self._refused_until = 0, 0, 0.0
        self.bucket = Bucket()

    def known(self, rate: Rate, now: float, *, is_look: bool) -> Allowance | None:
        """Return what can be said without asking anybody; a token that is held goes, unless this is only a look."""
        if self._rate is not rate and self._rate != rate:
            self._rate, self._tokens, self._refused_until = rate, 0, 0.0
        if now < self._refused_until:
            return _answer(rate, left=0, wait=self._refused_until - now)
        if not self._tokens:
            return None
        self._tokens -= not is_look
        return _answer(rate, left=self._left + self._tokens, wait=0.0)

    def told(self, rate: Rate, now: float, *, taken: int, wait: float, used: float) -> Allowance:
        """Learn the fleet's answer, in seconds, and return it. More than a lease is never held: the rest lapses."""
        self.bucket.full_at = now + used
        self._left = self.bucket.left(now, per_second=rate.per_second, burst=rate.size)
        if taken:
            self._tokens = min(rate.lease - 1, self._tokens + taken - 1)
            return _answer(rate, left=self._left + self._tokens, wait=0.0)
        if wait:
            self._refused_until = now + wait
        return _answer(rate, left=self._left, wait=wait)


def _answer(rate: Rate, *, left: int, wait: float) -> Allowance:
    return Allowance(is_allowed=wait == 0, limit=rate.size, left=left, retry_after_seconds=wait, is_shared=True)
