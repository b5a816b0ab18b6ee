"""The health of this process."""

from functools import lru_cache

from apps.monitoring.health.checks import server_checks
from apps.monitoring.health.health import Health
from apps.monitoring.health.history import History
from apps.monitoring.worker import Worker


@lru_cache(maxsize=1)
def health() -> Health:
    """Return it, made on first use; the server starts and stops it."""
    return Health(server_checks(), History(Worker.here("web").name))
