"""Where processes agree who leads: what every store promises."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.deduplication.flights.decisions import Answer
from apps.deduplication.flights.outcome import Outcome

Heard = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A flight as stores know it: never by its key, which may hold what is nobody's business."""

    scope: str
    digest: str
    lease_seconds: float
    window_seconds: float = 0.0
    value_bytes: int = 1_000_000


class Store(Protocol):
    """Each call is one step that happens at once or not at all; `is_remote` ones block for a round trip.

    Of all who claim a key one leads, until its lease ends. Only the token that leads publishes a result.
    """

    @property
    def is_remote(self) -> bool:
        """Whether a call costs a round trip now."""
        ...

    def listen(self, heard: Heard, forgot: Heard, grew: Heard) -> None:
        """Have the digests told whose round has ended, the empty one for "any of them", is forgotten, has new pieces.

        Told in other threads; the receivers must not block.
        """
        ...

    def mend(self) -> None:
        """Do what brings a lost store back, if that is due."""
        ...

    def probe(self) -> None:
        """Raise what keeps the store from working, if anything does."""
        ...

    def claim(self, place: Place, *, token: str, seen: str) -> Answer:
        """Return the lead, who has it, or the result: of the round `seen` or a later one, or one within its window."""
        ...

    def renew(self, place: Place, token: str) -> bool:
        """Lengthen the lease, taking it again where the store has lost it; return whether the lead is still ours."""
        ...

    def publish(self, place: Place, token: str, outcome: Outcome) -> bool:
        """Keep the outcome, end the lease and wake who waits; False, and nothing kept, when the lead is not ours."""
        ...

    def append(self, place: Place, token: str, start: int, pieces: Sequence[bytes]) -> bool:
        """Add pieces to the round's stream, the first being number `start`; False when that is not ours to do."""
        ...

    def read(self, place: Place, token: str, start: int) -> list[bytes]:
        """Return the pieces of a round's stream from number `start` on, as far as they are genuine."""
        ...

    def release(self, place: Place, token: str) -> None:
        """End the lease, if it is ours, without a result, and wake who waits."""
        ...

    def forget(self, place: Place) -> bool:
        """End the round, drop the result, tell every process; return whether somebody led it."""
        ...
