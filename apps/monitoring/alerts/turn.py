"""Whose turn it is to look at the rules: one process's at a time, however many are asked to."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from apps.monitoring.models import AlertTurn

ONLY = 1
TURN_SECONDS = 120.0  # after which whoever has the turn is taken for dead


@contextmanager
def taken_turn() -> Iterator[bool]:
    """Yield whether the turn is ours, and give it up in the end. A statement each; raises DatabaseError."""
    holder, now = secrets.token_hex(8), time.time()
    AlertTurn.objects.get_or_create(pk=ONLY, defaults={"holder": "", "until": 0.0})
    free = AlertTurn.objects.filter(pk=ONLY, until__lt=now)
    is_ours = bool(free.update(holder=holder, until=now + TURN_SECONDS))
    try:
        yield is_ours
    finally:
        if is_ours:
            AlertTurn.objects.filter(pk=ONLY, holder=holder).update(until=0.0)
