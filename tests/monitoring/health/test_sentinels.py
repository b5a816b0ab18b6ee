"""Redis behind Sentinels, as health tells it."""

from typing import Any

from apps.monitoring.health.checks.redis import RedisCheck
from apps.monitoring.health.status import Status
from tests.servers.sentinel import running_sentinels


def test_the_primary_is_told_with_its_replica_and_its_lag(settings: Any) -> None:
    with running_sentinels() as sentinels:
        settings.REDIS_URL = sentinels.url
        check = RedisCheck()
        found = {finding.measurement: finding for finding in check.look()}
        check.close()
    assert {name: found[name].value for name in ("mode", "role", "nodes")} == {
        "mode": "sentinel",
        "role": "primary",
        "nodes": 2,
    }
    assert found["replicationLag"].status is Status.PASS
