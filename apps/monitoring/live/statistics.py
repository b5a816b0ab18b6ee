"""Plain counters of this process, for whoever watches."""

from dataclasses import dataclass


@dataclass(slots=True)
class Sockets:
    """The sockets of those who watch."""

    open: int = 0


sockets = Sockets()
