"""What happened, as pages show it: our own events, alerts, and the audit log of tuning beside them."""

from collections.abc import Iterator
from heapq import merge

from django.db.models import Q
from django.urls import reverse

from apps.monitoring.events.alarms import alarmed
from apps.monitoring.events.told import Told
from apps.monitoring.models import Event
from apps.tuning.difference import label, shown
from apps.tuning.log import Entry, Search, entries

AUDIT = "audit"
MARKERS = 200


def told(*, search: Search, kind: str = "", limit: int = MARKERS) -> list[Told]:
    """Return what happened between two moments, the latest first. Three queries."""
    mine = [] if kind in {AUDIT, Event.Kind.ALERT} else _events(search, kind, limit)
    theirs = [audited(entry) for entry in entries(search=search, limit=limit)] if kind in {"", AUDIT} else []
    alarms = alarmed(search, limit) if kind in {"", Event.Kind.ALERT} else []
    return _latest(mine, theirs, alarms, limit=limit)


def kinds() -> list[tuple[str, str]]:
    """Return what may be asked for, and how it is called."""
    return [*((str(value), str(name)) for value, name in Event.Kind.choices), (AUDIT, "Change by staff")]


def _events(search: Search, kind: str, limit: int) -> list[Told]:
    rows = Event.objects.filter(kind=kind) if kind else Event.objects.all()
    if search.text:
        rows = rows.filter(Q(title__icontains=search.text) | Q(detail__icontains=search.text))
    if search.since:
        rows = rows.filter(at__gte=search.since)
    if search.until:
        rows = rows.filter(at__lt=search.until)
    return [_event(row) for row in rows.order_by("-at", "-id")[:limit]]


def _event(row: Event) -> Told:
    return Told(at=row.at, kind=row.kind, title=row.title, detail=row.detail, link=row.link, actor=row.actor)


def audited(entry: Entry) -> Told:
    """Return a change by staff."""
    return Told(
        at=entry.at,
        kind=AUDIT,
        title=f"{entry.action} {entry.target}",
        detail="; ".join((*_changes(entry), entry.reason)),
        link=reverse("performance_audit_entry", args=(entry.number,)),
        actor=entry.actor,
    )


def _changes(entry: Entry) -> Iterator[str]:
    for one in entry.differences if entry.policy else ():
        yield f"{label(one.field)}: {shown(one.before)} → {shown(one.after)}"


def _latest(*lists: list[Told], limit: int) -> list[Told]:
    all_of_them = merge(*lists, key=lambda one: one.at, reverse=True)
    return [one for one, _ in zip(all_of_them, range(limit), strict=False)]
