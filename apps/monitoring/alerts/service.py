"""Alerts as staff see them, and what staff can do about one."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.monitoring.alerts.exceptions import AlertGoneError
from apps.monitoring.alerts.record import AlertRecord
from apps.monitoring.models import Alert
from apps.tuning.actor import Actor
from apps.tuning.audit import record
from apps.tuning.reason import checked_reason

MOST = 500


def alerts(*, open_only: bool = True, limit: int = MOST) -> tuple[AlertRecord, ...]:
    """Return the latest alerts that were raised, newest first, also resolved ones if wanted. One query."""
    rows = Alert.objects.exclude(raised_at=None).order_by("-raised_at", "-pk")
    if open_only:
        rows = rows.filter(resolved_at=None)
    return tuple(AlertRecord.of(row) for row in rows[:limit])


def silence_alert(*, alert_id: int, seconds: float, actor: Actor, reason: str, request_id: str = "") -> AlertRecord:
    """Tell nobody of an alert for so long, nor of the next of its kind meanwhile; audited.

    Raises AlertGoneError, or PolicyError for a bad reason. Blocks for a few queries.
    """
    until = timezone.now() + timedelta(seconds=seconds)

    def silence(row: Alert) -> tuple[str | None, str]:
        before, row.silenced_until = row.silenced_until, until
        return told(before), until.isoformat()

    return _change(alert_id, "alert.silenced", silence, actor=actor, reason=reason, request_id=request_id)


def acknowledge_alert(*, alert_id: int, actor: Actor, reason: str, request_id: str = "") -> AlertRecord:
    """Say that somebody sees to an alert: it is not repeated, and its end is told; audited.

    Raises AlertGoneError, or PolicyError for a bad reason. Blocks for a few queries.
    """

    def acknowledge(row: Alert) -> tuple[str | None, str]:
        before = told(row.acknowledged_at)
        row.acknowledged_by_id, row.acknowledged_by = actor.id, actor.name
        row.acknowledged_at, row.acknowledged_reason = timezone.now(), checked_reason(reason)
        return before, row.acknowledged_at.isoformat()

    return _change(alert_id, "alert.acknowledged", acknowledge, actor=actor, reason=reason, request_id=request_id)


def told(moment: datetime | None) -> str | None:
    """Return a moment as the audit log keeps it."""
    return moment.isoformat() if moment else None


def _change(
    alert_id: int,
    action: str,
    change: Callable[[Alert], tuple[str | None, str]],
    *,
    actor: Actor,
    reason: str,
    request_id: str,
) -> AlertRecord:
    with transaction.atomic():
        row = Alert.objects.select_for_update().filter(pk=alert_id, resolved_at=None).first()
        if row is None:
            raise AlertGoneError(f"There is no open alert {alert_id}.")
        before, after = change(row)
        row.save()
        record(
            actor=actor,
            action=action,
            target=f"alert:{row.rule}:{row.key}"[:200],
            before=before,
            after=after,
            reason=reason,
            request_id=request_id,
        )
    return AlertRecord.of(row)
