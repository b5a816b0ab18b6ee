"""Changes by staff and alerts, shown to whoever watches as soon as they are committed, whichever process made them."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save

from apps.monitoring.events.alarms import last_of
from apps.monitoring.events.listing import audited
from apps.monitoring.events.told import Told
from apps.monitoring.live.announcing import Event, announce
from apps.monitoring.models import Alert
from apps.tuning.log import entry_of
from apps.tuning.models import AuditEntry


def watch() -> None:
    """Hear of every row that is written."""
    post_save.connect(_audit_written, sender=AuditEntry, dispatch_uid="monitoring.announced")


def show(told: Told) -> None:
    """Show it, once the transaction under way is committed."""
    event: Event = {
        "at": told.at.timestamp(),
        "kind": told.kind,
        "title": told.title,
        "detail": told.detail,
        "link": told.link,
    }
    transaction.on_commit(partial(announce, event), robust=True)


def show_alert(row: Alert) -> None:
    """Show what an alert has just done."""
    show(last_of(row))


def _audit_written(*, instance: AuditEntry, created: bool, **_: Any) -> None:
    if created:
        show(audited(entry_of(instance)))
