"""Alerts as two things that happened: raised, and resolved."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.urls import reverse

from apps.monitoring.events.told import Told
from apps.monitoring.models import Alert, Event
from apps.tuning.log import Search


def alarmed(search: Search, limit: int) -> list[Told]:
    """Return what alerts did in the time, the latest first. One query."""
    rows = Alert.objects.exclude(raised_at=None)
    if search.text:
        rows = rows.filter(Q(rule__icontains=search.text) | Q(key__icontains=search.text))
    if search.since:
        rows = rows.filter(Q(raised_at__gte=search.since) | Q(resolved_at__gte=search.since))
    found = [told for row in rows.order_by("-pk")[:limit] for told in _of(row) if _is_within(told.at, search)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _of(row: Alert) -> Iterator[Told]:
    for at, word in ((row.raised_at, "raised"), (row.resolved_at, "resolved")):
        if at is not None:
            yield Told(
                at=at,
                kind=Event.Kind.ALERT,
                title=f"Alert {row}: {word}",
                detail=row.output,
                link=reverse("performance", args=("alerts",)),
                actor="",
            )


def last_of(row: Alert) -> Told:
    """Return what an alert did last; it was raised once at least."""
    return max(_of(row), key=lambda one: one.at)


def _is_within(at: datetime, search: Search) -> bool:
    return (search.since is None or at >= search.since) and (search.until is None or at < search.until)
