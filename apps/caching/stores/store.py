"""What every level 3 promises."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from apps.caching.record import Stamps

Data = Callable[[], bytes]


class Place(NamedTuple):
    """An entry as stores know it: its digest, and the tags it stands under."""

    digest: str
    tags: tuple[str, ...]


class Answer(NamedTuple):
    """What the store has for a place, as one moment saw it.

    `stamps` name what was written so far; None while somebody is about to write, when nothing may be kept. An entry is
    current if it was stored under the same ones.
    """

    data: bytes | None
    stamps: Stamps | None


class Weight(NamedTuple):
    """How many bytes are stored, and how many may be; 0 where nobody said."""

    stored_bytes: int
    limit_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Tags that are held, and by which token."""

    names: tuple[str, ...]
    token: str


class Store(Protocol):
    """Entries by digest, and one stamp per tag that changes when the tag is invalidated and never comes again.

    Calls block for a round trip and raise UnavailableError, but where they say otherwise.
    """

    @property
    def lost(self) -> str:
        """Why the store is not trusted now, empty while it is."""
        ...

    def read(self, places: Sequence[Place], *, with_entries: bool = True) -> list[Answer]:
        """Return an answer for each place, all of one moment; missing stamps are made."""
        ...

    def fill(self, place: Place, stamps: Stamps, data: Data, *, seconds: float) -> bool:
        """Keep the entry for so long, unless its stamps have changed since; return False where they have.

        The entry is packed when it is needed, in whichever thread that is.
        """
        ...

    def drop(self, digest: str) -> None:
        """Forget an entry."""
        ...

    def hold(self, names: Sequence[str], connection: Any) -> Lease:
        """Before the commit of the connection's transaction: from now on nothing under the tags is current or kept.

        Never raises for itself: what the store cannot be told goes into the transaction, and raises DatabaseError.
        """
        ...

    def release(self, lease: Lease) -> None:
        """After the commit: nothing from before it is current. Never raises; who never gets here is made up for."""
        ...

    def weight(self) -> Weight:
        """Return what all that is stored takes."""
        ...

    def tend(self) -> None:
        """Do what is due now and then, in a thread of its own. Never raises for the store; may raise DatabaseError."""
        ...
