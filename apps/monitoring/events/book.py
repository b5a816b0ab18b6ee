"""Writes down what happened, once for all processes that tell of it."""

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.monitoring.events.happening import Happening
from apps.monitoring.models import Event

KEPT = timedelta(days=400)  # a year, and the same month of the year before it


def write(happening: Happening) -> bool:
    """Write it unless its subject is in that state already; return whether it is written. Raises DatabaseError."""
    while True:
        last = Event.objects.filter(kind=happening.kind, subject=happening.subject).order_by("-number").first()
        if last and last.state == happening.state and not happening.is_news:
            return False
        try:
            with transaction.atomic():
                _row(happening, last.number + 1 if last else 1).save(force_insert=True)
        except IntegrityError:  # another process wrote the next one: look again at what it was
            continue
        return True


def prune() -> int:
    """Delete what is older than is kept and return how many. Blocks for a query."""
    return Event.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]


def _row(happening: Happening, number: int) -> Event:
    return Event(
        at=datetime.fromtimestamp(happening.at, UTC),
        kind=happening.kind,
        subject=happening.subject[:200],
        number=number,
        state=happening.state[:100],
        title=happening.title[:200],
        detail=happening.detail[:1_000],
        link=happening.link[:300],
        actor=happening.actor[:150],
    )
