"""Work beside the requests: warming."""

from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError as BrokerError

from apps.caching.warming.warm import warm


@shared_task(name="caching.warm", ignore_result=True, expires=60)
def warm_cache(namespace: str = "") -> None:
    """Load what is asked for most and is not there: after a flush, a restart of Redis, a deployment, or on order."""
    warm(namespace=namespace)


def warm_after_start(**_: Any) -> None:
    """Queue a run when a worker starts; with the broker away, the schedule's next one has to do."""
    try:
        warm_cache.apply_async(retry=False)
    except (BrokerError, OSError):
        return
