"""What a process knows of one key. No clock, no lock, no I/O."""

from apps.resilience.limits.bucket import Bucket
from apps.resilience.limits.rate import Allowance, Rate


class Held:
    """Tokens that were fetched, the refusal that still holds, and the bucket for when the fleet cannot be asked."""

    __slots__ = ("_is_ahead", "_left", "_rate", "_refused_until", "_tokens", "bucket", "is_asking")

    def __init__(self) -> None:
        self._rate: Rate | None = None
        self._tokens, self._left, self._refused_until = 0, 0, 0.0
        self._is_ahead = False
        self.is_asking = False  # for a lease: whoever comes meanwhile asks for one token, so that no second is held
        self.bucket = Bucket()

    def known(self, rate: Rate, now: float, *, is_look: bool) -> Allowance | None:
        """Return what can be said without asking anybody; a token that is held goes, unless this is only a look."""
        if self._rate is not rate and self._rate != rate:
            self._rate, self._tokens, self._refused_until = rate, 0, 0.0
        if self._tokens:
            self._tokens -= not is_look
            return _answer(rate, left=self._left + self._tokens, wait=0.0)
        if now < self._refused_until:
            return _answer(rate, left=0, wait=self._refused_until - now)
        return None

    def alone(self, rate: Rate, now: float, *, is_look: bool) -> Allowance:
        """Decide without the fleet, from what it said last."""
        full_at = self.bucket.full_at
        wait = self.bucket.take(now, per_second=rate.per_second, burst=rate.size)
        if is_look:
            self.bucket.full_at = full_at
        self._is_ahead |= self.bucket.full_at != full_at
        left = self.bucket.left(now, per_second=rate.per_second, burst=rate.size)
        return Allowance(is_allowed=wait == 0, limit=rate.size, left=left, retry_after_seconds=wait, is_shared=False)

    def claim(self, now: float) -> float:
        """Return what the fleet does not know of: the seconds until the bucket is full, 0 where it knows it all."""
        return max(0.0, self.bucket.full_at - now) if self._is_ahead else 0.0

    def told(self, rate: Rate, now: float, *, taken: int, wait: float, used: float) -> Allowance:
        """Learn the fleet's answer, in seconds, and return it."""
        self.bucket.full_at, self._is_ahead = now + used, False
        self._left = self.bucket.left(now, per_second=rate.per_second, burst=rate.size)
        if taken:
            self._tokens += taken - 1
            return _answer(rate, left=self._left + self._tokens, wait=0.0)
        if wait:
            self._refused_until = now + wait
        return _answer(rate, left=self._left, wait=wait)


def _answer(rate: Rate, *, left: int, wait: float) -> Allowance:
    return Allowance(is_allowed=wait == 0, limit=rate.size, left=left, retry_after_seconds=wait, is_shared=True)
