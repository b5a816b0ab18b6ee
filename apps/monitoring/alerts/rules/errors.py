"""Requests fail."""

import json

from django.db.models import Sum

from apps.monitoring.alerts.rules.rule import Reading, Rule
from apps.monitoring.models import Snapshot
from apps.monitoring.policy import alerts
from apps.monitoring.recorders.requests import DURATION

WINDOW_SECONDS = 300
LEAST_REQUESTS = 20  # of fewer the share says nothing


class ErrorsRule(Rule):
    """Counts what all processes measured."""

    name = "errors"
    policy = alerts.ERRORS

    def read(self, at: float) -> list[Reading]:
        """Return the share of server errors. One query."""
        rows = Snapshot.objects.filter(
            resolution=Snapshot.Resolution.RAW, start__gte=int(at) - WINDOW_SECONDS, series__metric=DURATION.name
        )
        counts = rows.values_list("series__labels").annotate(Sum("count"))
        total = sum(count for _, count in counts)
        failed = sum(count for labels, count in counts if json.loads(labels)[-1].startswith("5"))
        percent = round(100 * failed / total, 2) if total >= LEAST_REQUESTS else 0.0
        return [Reading(key="", value=percent, output=f"{failed:,} of {total:,} requests in five minutes failed.")]
