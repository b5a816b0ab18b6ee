"""What is looked at: one class for each thing."""

from django.conf import settings

from apps.monitoring.health.checks.breakers import BreakersCheck
from apps.monitoring.health.checks.bus import BusCheck
from apps.monitoring.health.checks.cache import CacheCheck
from apps.monitoring.health.checks.channels import ChannelsCheck
from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.checks.cpu import CpuCheck
from apps.monitoring.health.checks.database import DatabaseCheck
from apps.monitoring.health.checks.disk import DiskCheck
from apps.monitoring.health.checks.flights import FlightsCheck
from apps.monitoring.health.checks.memory import MemoryCheck
from apps.monitoring.health.checks.queues import QueuesCheck
from apps.monitoring.health.checks.redis import RedisCheck
from apps.monitoring.health.checks.release import ReleaseCheck
from apps.monitoring.health.checks.uptime import UptimeCheck

KINDS: tuple[type[Check], ...] = (
    DatabaseCheck, RedisCheck, QueuesCheck, CacheCheck, FlightsCheck, BreakersCheck, BusCheck, ChannelsCheck,
    MemoryCheck, CpuCheck, DiskCheck, ReleaseCheck, UptimeCheck,
)  # fmt: skip


def server_checks() -> list[Check]:
    """Return all checks that a server's process looks for."""
    return [kind() for kind in KINDS if kind is not RedisCheck or settings.REDIS_URL]


def site_checks() -> list[Check]:
    """Return those that any process of the site can look for, as a command.

    Where tasks run inside the server, nobody else can ask for its queues.
    """
    kinds = [kind for kind in KINDS if not kind.is_of_process and (kind is not RedisCheck or settings.REDIS_URL)]
    return [kind() for kind in kinds if kind is not QueuesCheck or not settings.CELERY_IN_PROCESS]
