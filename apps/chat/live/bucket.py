"""A token bucket: so many at once, so many a second in the long run. The clock is the caller's."""


class Bucket:
    """Starts full. Rate and size are given at each use, so that a change of policy counts at once."""

    __slots__ = ("_at", "_spent")

    def __init__(self, now: float) -> None:
        self._spent, self._at = 0.0, now

    def take(self, now: float, *, per_second: float, burst: int) -> bool:
        """Take one; return whether there was one to take."""
        self._spent = max(0.0, self._spent - (now - self._at) * per_second)
        self._at = now
        if self._spent + 1 > burst:
            return False
        self._spent += 1
        return True
