"""The bus as its users see it: publish, subscribe, and hear of loss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from apps.backplane.envelope import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Messages may be missing; whoever keeps state by them must read it anew."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BusStatus:
    """What the bus guarantees now.

    `is_shared` says whether it is meant to reach other processes, `is_connected` whether it does.
    """

    origin: str
    is_shared: bool
    is_connected: bool
    peers: tuple[str, ...]
    published: int
    delivered: int
    dropped: int
    losses: int


Deliver = Callable[[Envelope], None]
Lost = Callable[[Loss], None]
Unsubscribe = Callable[[], None]


class Bus(Protocol):
    """Carries messages between the threads, loops and processes of the site.

    Each subscriber hears every message of its topic once, in the order of its origin, own messages included; where that
    fails it hears of a loss first. Deliveries run one after the other in the bus's own thread and must not block.
    """

    def publish(self, topic: str, payload: Any) -> None:
        """Hand a JSON-able payload to every subscriber of the topic, everywhere. Never blocks, never raises for I/O."""
        ...

    def subscribe(self, topic: str, deliver: Deliver, lost: Lost) -> Unsubscribe:
        """Hear a topic from now on; `lost` is called when messages may be missing. Returns how to stop. Thread-safe."""
        ...

    def status(self) -> BusStatus:
        """Return what the bus guarantees now. Does not block."""
        ...

    def start(self) -> None:
        """Begin to carry messages; idempotent."""
        ...

    def stop(self) -> None:
        """End the bus's threads and connections. Blocks for a second at most."""
        ...

    def finish(self) -> None:
        """Tell the others what is queued, at the end of the process. Blocks for a second at most."""
        ...
