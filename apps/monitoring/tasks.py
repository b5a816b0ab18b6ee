"""Work of monitoring that the scheduler begins, and what task workers answer when they are asked."""

import logging
from typing import Any

from celery import shared_task
from celery.worker import state as work
from celery.worker.control import inspect_command
from django.db import DatabaseError

from apps.monitoring.alerts.evaluation import evaluate
from apps.monitoring.pruning import prune_rows
from apps.monitoring.snapshots.tending import tend

logger = logging.getLogger(__name__)


@shared_task(name="monitoring.alerts", ignore_result=True)
def look_at_rules() -> None:
    """Look at the rules of alerts, and tell who is to be told; another that does so already is left alone."""
    try:
        evaluate()
    except DatabaseError as error:
        logger.warning("The rules of alerts could not be looked at: %s", error)


@shared_task(name="monitoring.tend_snapshots", ignore_result=True, expires=60)
def tend_snapshots() -> None:
    """Roll up and prune what was measured, and what was written down."""
    tend()
    prune_rows()


@inspect_command()
def task_figures(_: Any) -> dict[str, int]:
    """Answer in a worker: how many tasks it runs, and how many it has done."""
    active = len(work.active_requests)
    return {"active": active, "completed": sum(work.total_count.values()) - active}
