"""What became of requests with a key in this process: plain numbers, read by whoever watches."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Counts since the process began. Threads may lose one against each other: nothing is decided by them."""

    stored: int = 0
    replays: int = 0
    conflicts: int = 0
    mismatches: int = 0


counters = Counters()
