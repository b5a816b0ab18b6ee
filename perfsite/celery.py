"""The task application: the same tasks on a broker or inside the web process."""

import os
from typing import Any

from celery import Celery
from celery.signals import (
    beat_init,
    setup_logging,
    worker_before_create_process,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "perfsite.settings")

_services: list[Any] = []  # of this process; the web process, which has its own, starts none here

app = Celery("perfsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect(weak=False)
def keep_logging(**_: Any) -> None:
    """Leave logging as the settings have it: a receiver keeps Celery from setting up its own."""


@worker_before_create_process.connect(weak=False)
def close_databases(**_: Any) -> None:
    """Close what the parent holds before it forks: a connection used on both sides would mix up their answers."""
    # The settings are ready only once the worker runs.
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


@worker_ready.connect(weak=False)
def begin_services(sender: Any, **_: Any) -> None:
    """Begin where this process runs the tasks itself; a parent that only forks leaves it to its children."""
    if "prefork" not in type(sender.pool).__module__:
        begin_services_in_child()


@worker_process_init.connect(weak=False)
def begin_services_in_child(**_: Any) -> None:
    """Be what a web process is: obey policies, have the flights seen and their executions audited."""
    # The apps are ready only once the worker runs.
    from apps.caching.service import Caching
    from apps.deduplication.service import Deduplication
    from apps.monitoring.service import Monitoring
    from apps.resilience.sharing.current import Breakers
    from apps.tuning.following import Policies

    _services.extend((Monitoring("task"), Deduplication(), Caching(), Breakers(), Policies()))
    for service in _services:
        service.start()


@beat_init.connect(weak=False)
def begin_watching_scheduler(**_: Any) -> None:
    """Have `celery -A perfsite beat` watched as its own process; inside the web process it is watched already."""
    # The apps are ready only once it runs.
    import atexit

    from django.conf import settings

    from apps.monitoring.service import Monitoring

    if not settings.CELERY_IN_PROCESS:
        _services.append(Monitoring("scheduler"))
        _services[-1].start()
        atexit.register(end_services)


@worker_shutdown.connect(weak=False)
@worker_process_shutdown.connect(weak=False)
def end_services(**_: Any) -> None:
    """Store what is audited, and leave the list of those who follow."""
    while _services:
        _services.pop().stop()
