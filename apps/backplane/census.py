"""One question to all processes, and their answers: what admin pages show is asked when they are looked at."""

import secrets
from threading import Condition
from typing import Any

from apps.backplane.bus import Bus, Loss
from apps.backplane.envelope import Envelope

ANSWER_SECONDS = 0.5


def answers(
    bus: Bus, *, ask: str, tell: str, about: str = "", wait_seconds: float = ANSWER_SECONDS
) -> dict[str, dict[str, Any]]:
    """Return what each process answered, by its name. Blocks until all have, or for the wait.

    The question is published on the topic `ask`: a word, before it what it is `about` and a colon where that is said.
    An answer on `tell` is a dictionary that repeats it as `question`.
    """
    question, heard = f"{about}:{secrets.token_hex(8)}".lstrip(":"), Condition()
    found: dict[str, dict[str, Any]] = {}

    def hear(envelope: Envelope) -> None:
        if envelope.payload["question"] == question:
            with heard:
                found[envelope.origin] = envelope.payload
                heard.notify()

    stop = bus.subscribe(tell, hear, ignore_loss)
    try:
        wanted = len(bus.status().peers) + 1
        bus.publish(ask, question)
        with heard:
            heard.wait_for(lambda: len(found) >= wanted, wait_seconds)
            return dict(sorted(found.items()))
    finally:
        stop()


def ignore_loss(_: Loss) -> None:
    """Do nothing: who asks or orders does so again."""
