"""Plain counters of this process, for whoever watches. Counting takes no lock: each is one addition."""

from collections import Counter
from dataclasses import dataclass, field

from apps.backplane.durations import Durations
from apps.chat.models import Message, Reply

ROWS = ("imported", "known", "refused")
TOKENS = ("prompt", "reply")


def _zeros(*names: str) -> "Counter[str]":
    return Counter(dict.fromkeys(names, 0))


@dataclass(slots=True)
class Sockets:
    """Those that are open, what was sent over them, and how long each frame had waited for its turn."""

    open: int = 0
    waits: Durations = field(default_factory=Durations)


@dataclass(slots=True)
class Replies:
    """What the assistant did; each reply is counted once it is stored. Costs are in millionths, as prices are."""

    first_token: Durations = field(default_factory=Durations)
    outcomes: Counter[str] = field(default_factory=lambda: _zeros(*Reply.Outcome.values))
    tokens: Counter[str] = field(default_factory=lambda: _zeros(*TOKENS))
    cost_micros: int = 0


messages = _zeros(*Message.Role.values)  # sent and answered; imported ones are rows
import_rows = _zeros(*ROWS)
sockets, replies = Sockets(), Replies()
