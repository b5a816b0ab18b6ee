"""A scope: one kind of work that may be shared, declared once. The public face of flights."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b

from django.conf import settings

from apps.deduplication.flights.callers import AsyncWork, Work
from apps.deduplication.flights.current import table
from apps.deduplication.flights.policy import FlightPolicy
from apps.deduplication.flights.run import run, run_async
from apps.deduplication.flights.stream import StreamWork, stream
from apps.deduplication.flights.tally import Tally
from apps.tuning.registry import declare

DIGEST_BYTES = 16
_scopes: dict[str, "Scope"] = {}


class Scope:
    """`EDGE = Scope(name="edge", title="…")` in an app's `policy` module; its policy is `flights_edge`.

    A key says all that the result depends on, and for whom it is; no store and no log ever holds it.
    """

    def __init__(self, *, name: str, title: str, policy: type[FlightPolicy] = FlightPolicy) -> None:
        self.policy = declare(policy, name=f"flights_{name}", title=title)
        self.name, self.title = name, title
        self.tally, self.size = Tally(), 0
        _scopes[name] = self

    def run(self, key: str, work: Work, *, is_shared: bool = True) -> bytes:
        """Return what the work returns, run by this thread or by whoever runs the same already. Blocks.

        Raises what the work raises (from elsewhere: a registered error as itself, others as FlightError), or
        FlightTimeoutError. `is_shared=False` runs it in any case: for answers that shall differ each time.
        """
        policy = self.policy.current
        if not (is_shared and policy.is_enabled):
            table().count(self.tally.ran_unshared)
            return work()
        return run(table(), self, self.digest(key), work, policy=policy)

    async def run_async(self, key: str, work: AsyncWork, *, is_shared: bool = True) -> bytes:
        """Return as `run` does, without blocking the loop. Cancelling it cancels no other caller's work."""
        policy = self.policy.current
        if not (is_shared and policy.is_enabled):
            table().count(self.tally.ran_unshared)
            return await work()
        return await run_async(table(), self, self.digest(key), work, policy=policy)

    async def stream(self, key: str, work: StreamWork, *, is_shared: bool = True) -> AsyncIterator[bytes]:
        """Yield the pieces that the work yields, run in this loop or by whoever runs the same already, from the first.

        Raises what the work raises, or StreamBrokenError. Close it (`contextlib.aclosing`) to leave early.
        """
        policy = self.policy.current
        if is_shared and policy.is_enabled:
            pieces = stream(table(), self, self.digest(key), work, policy=replace(policy, result_window_seconds=0.0))
        else:
            table().count(self.tally.ran_unshared)
            pieces = work()
        async for piece in pieces:
            yield piece

    def forget(self, key: str) -> None:
        """Let nobody from now on have what began before now: call it after a write. Blocks for a round trip."""
        table().forget(self, self.digest(key), self.policy.current)

    def digest(self, key: str) -> str:
        """Return the name of the flight: keyed, so that nobody finds the key by trying."""
        made = blake2b(key.encode(), digest_size=DIGEST_BYTES, key=_secret(settings.SECRET_KEY))
        made.update(b"\0" + self.name.encode())
        return made.hexdigest()


def scopes() -> tuple[Scope, ...]:
    """Return all scopes by name."""
    return tuple(_scopes[name] for name in sorted(_scopes))


@lru_cache(maxsize=2)
def _secret(secret: str) -> bytes:
    return blake2b(secret.encode(), digest_size=32, person=b"perfsite flights").digest()
