"""`manage.py prune_metrics`: what the scheduler does once a minute, here and to the end."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.monitoring.models.snapshots import Resolution
from apps.monitoring.pruning import prune_rows
from apps.monitoring.snapshots.tending import Tended, tend
from apps.tuning.current import refresh

HOUR = 3_600.0


class Command(BaseCommand):
    """Safe to run at any time, beside anything."""

    help = "Roll up what was measured, and delete what is older than the policies say."

    def handle(self, *_: Any, **__: Any) -> None:
        """Do it, and say what was done."""
        refresh()
        self.stdout.write(summary(tend(max_seconds=HOUR)))
        self.stdout.write(f"Deleted {', '.join(f'{number:,} {what}' for what, number in prune_rows().items())}.")


def summary(tended: Tended) -> str:
    """Return what was done, in one line."""
    rows = ", ".join(f"{tended.deleted[one]:,} of {one.label.lower()}" for one in Resolution)
    return f"Rolled up {tended.rolled_up:,} periods; deleted {tended.deleted.total():,} snapshots ({rows})."
