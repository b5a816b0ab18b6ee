"""What is told of an alert: for people, and for programs."""

from datetime import datetime
from typing import Any

from apps.monitoring.alerts.machine import Event
from apps.monitoring.alerts.rules.rule import Rule
from apps.monitoring.models import Alert, AlertDelivery

WORDS = {Event.RAISED: "Raised", Event.REPEATED: "Still", Event.RESOLVED: "Resolved"}


def content_of(row: Alert, event: Event, rule: Rule) -> dict[str, Any]:
    """Return what is known of the alert, as JSON holds it."""
    return {
        "event": event.value,
        "alert": row.pk,
        "rule": row.rule,
        "title": rule.title,
        "key": row.key,
        "value": row.value,
        "threshold": row.threshold,
        "output": row.output,
        "since": _told(row.since),
        "raised_at": _told(row.raised_at),
        "resolved_at": _told(row.resolved_at),
    }


def subject_of(delivery: AlertDelivery) -> str:
    """Return the line that is read first."""
    told = delivery.content
    what = f"{told['title']} ({told['key']})" if told["key"] else told["title"]
    return f"[perfsite] {WORDS[Event(told['event'])]}: {what}"


def text_of(delivery: AlertDelivery) -> str:
    """Return the text of a mail."""
    told = delivery.content
    lines = [
        told["output"],
        "",
        f"Value: {told['value']:g} (from {told['threshold']:g} on)",
        f"Since: {told['since']}",
        *([f"Resolved: {told['resolved_at']}"] if told["resolved_at"] else []),
        f"Alert {told['alert']}, rule {told['rule']}. Silence or acknowledge it in the admin, under Alerts.",
    ]
    return "\n".join(lines) + "\n"


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
