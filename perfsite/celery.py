"""The task application: the same tasks on a broker or inside the web process."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_before_create_process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")

app = Celery("perfsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_before_create_process.connect(weak=False)
def close_databases(**_: Any) -> None:
    """Close what the parent holds before it forks: a connection used on both sides would mix up their answers."""
    # The settings are ready only once the worker runs.
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
