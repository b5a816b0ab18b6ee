"""Redis: how it is set up, who is who, how far its replicas are behind, how soon it answers."""

import time
from typing import Any

from django.conf import settings
from redis.exceptions import RedisError

from apps.backplane.connections import redis_client
from apps.backplane.topology import topology_of
from apps.monitoring.health.checks.check import Check
from apps.monitoring.health.finding import Finding
from apps.monitoring.health.status import Status

SECONDS = 0.5
LOST = "Each process caches, counts and joins work for itself; messages of others come later."
MODES = {"standalone": "single"}


class RedisCheck(Check):
    """What it does is done by each process alone while it is gone: it warns, and never fails."""

    name = "redis"
    component_type = "datastore"
    is_blocking = True

    def __init__(self) -> None:
        self._is_followed = bool(topology_of(settings.REDIS_URL).sentinels)
        self._client = redis_client(
            settings.REDIS_URL, purpose="health", timeout_seconds=SECONDS, connect_seconds=SECONDS, connections=1
        )

    def look(self) -> list[Finding]:
        """Ask for all of it in one round trip."""
        began = time.perf_counter()
        try:
            told: dict[str, Any] = self._client.info()
        except RedisError as error:
            return [Finding(measurement="responseTime", status=Status.WARN, output=f"{error} {LOST}")]
        taken = round((time.perf_counter() - began) * 1000, 2)
        return [
            Finding(measurement="responseTime", value=taken, unit="ms"),
            *described(told, is_followed=self._is_followed),
        ]

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def described(told: dict[str, Any], *, is_followed: bool = False) -> list[Finding]:
    """Return what INFO says of mode, role, nodes and replication; Sentinels follow the primary, or nobody does."""
    mode, role = str(told.get("redis_mode", "")), str(told.get("role", ""))
    replicas = [told[f"slave{number}"] for number in range(int(told.get("connected_slaves", 0)))]
    lags = [int(replica.get("lag", 0)) for replica in replicas]
    is_primary = role == "master"
    return [
        Finding(measurement="mode", value="sentinel" if is_followed else MODES.get(mode, mode)),
        Finding(
            measurement="role",
            status=Status.PASS if is_primary else Status.WARN,
            value="primary" if is_primary else "replica",
            output="" if is_primary else f"It takes no writes. {LOST}",
        ),
        Finding(measurement="nodes", value=1 + len(replicas)),
        *([Finding(measurement="replicationLag", value=max(lags), unit="s")] if lags else []),
    ]
